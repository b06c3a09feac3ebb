#include "model/policy_keys.hpp"

#include <type_traits>

namespace sealwax {

const char* expectation(Key key) {
  switch (key) {
  case Key::mode:
    return "mode must be enforce, audit or off";
  case Key::relro:
    return "relro must be private or in-place";
  case Key::text:
    return "text must be auto, in-place or private";
  case Key::dlopen:
    return "dlopen must be pin, pinned-only or skip";
  case Key::exec_gain:
    return "exec-gain must be allow, deny or deny-inherit";
  case Key::on_refused:
    return "on-refused must be ignore, report or kill";
  case Key::report_to:
    return "report-to must be journal, stderr, file:PATH or none";
  case Key::mapped_code:
    return "mapped-code must be leave or seal";
  case Key::environment:
    return "environment must be allow or deny";
  case Key::seccomp:
    return "seccomp must be probe, trust or skip";
  case Key::seal:
  case Key::only_in:
    break;
  }
  return "unknown value";
}

void Patch::apply_to(Settings& settings, std::string_view file) const {
  const auto choose = [this](Key key, auto& setting) {
    if (has(key))
      setting = static_cast<std::remove_reference_t<decltype(setting)>>(
          choices[static_cast<std::size_t>(key)]);
  };
  choose(Key::mode, settings.mode);
  choose(Key::relro, settings.relro);
  choose(Key::text, settings.text);
  choose(Key::dlopen, settings.late_loads);
  choose(Key::exec_gain, settings.exec_gain);
  choose(Key::on_refused, settings.on_refused);
  choose(Key::report_to, settings.report_to);
  choose(Key::mapped_code, settings.mapped_code);
  choose(Key::environment, settings.environment);
  choose(Key::seccomp, settings.seccomp);
  if (has(Key::report_to))
    settings.report_file = file;
  if (has(Key::seal))
    settings.seal = settings.seal.without(removed).with(added);
}

} // namespace sealwax
