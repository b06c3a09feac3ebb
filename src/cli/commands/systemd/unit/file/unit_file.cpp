// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/file/unit_file.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/system/unit_drop_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

namespace sealwax::cli {
namespace {

constexpr std::string_view kSuffix = ".service";

/// The names whose .d folders belong to the unit, the most telling first.
std::vector<std::string> drop_in_names(const std::string& name) {
  std::vector<std::string> names{name};
  if (const std::string general = template_of(name); !general.empty())
    names.push_back(general);
  const std::string stem = name.substr(0, name.size() - kSuffix.size());
  for (std::size_t dash = stem.rfind('-'); dash != std::string::npos && dash != 0;
       dash = stem.rfind('-', dash - 1))
    names.push_back(stem.substr(0, dash + 1) + std::string{kSuffix});
  names.emplace_back("service");
  return names;
}

bool is_masked(const SystemRoot& root, const std::string& path) {
  std::error_code error;
  return std::filesystem::read_symlink(root.shown(path), error) == "/dev/null";
}

class Reader {
public:
  Reader(const SystemRoot& root, const std::string& name, const UnitPlaces& places)
      : root_(root), name_(name), places_(places) {}

  Unit read(const std::optional<std::string>& own) {
    std::optional<OpenFile> file = fragment(name_);
    if (!file)
      file = fragment(template_of(name_));
    if (!file)
      throw CommandError(fmt::format("there is no unit {}{}; {}'systemctl list-units "
                                     "--all' lists them",
                                     printable(name_), place(),
                                     did_you_mean(stem_of(name_), all_stems())));
    follow_alias(*file);
    Unit unit{name_, parse_unit(file->path, root_.text(*file).value_or("")), places_.own};
    for (const auto& [base, path] : drop_ins(own.has_value())) {
      const std::string text = own && path == own_drop_in() ? *own : root_.text(path).value_or("");
      std::vector<UnitSetting> more = parse_unit(path, text);
      unit.settings.insert(unit.settings.end(), more.begin(), more.end());
    }
    return unit;
  }

private:
  std::string own_drop_in() const {
    return fmt::format("{}/{}.d/{}", places_.own, name_, kDropInName);
  }

  std::string place() const { return root_.is_own() ? "" : " in " + printable(root_.shown("")); }

  std::optional<OpenFile> fragment(const std::string& name) const {
    if (name.empty())
      return std::nullopt;
    for (const std::string& folder : places_.folders) {
      const std::string path = fmt::format("{}/{}", folder, name);
      if (is_masked(root_, path))
        throw CommandError(fmt::format("{} is masked, so that it never starts; 'systemctl unmask "
                                       "{}' changes that",
                                       printable(name), printable(name)));
      if (std::optional<OpenFile> file = root_.open(path); file && S_ISREG(file->status.st_mode))
        return file;
    }
    return std::nullopt;
  }

  /// What all have at their end makes none of them nearer.
  static std::string stem_of(const std::string& name) {
    return name.substr(0, name.size() - kSuffix.size());
  }

  std::vector<std::string> all_stems() const {
    std::vector<std::string> stems;
    for (const std::string& folder : places_.folders)
      for (const std::string& name : root_.names(folder))
        if (name.ends_with(kSuffix))
          stems.push_back(stem_of(name));
    return stems;
  }

  /// A link's target is the unit, but for an instance, whose file is its template's.
  void follow_alias(const OpenFile& file) {
    const std::string base = std::filesystem::path{file.path}.filename().string();
    if (base.ends_with(kSuffix) && base.find("@.") == std::string::npos)
      name_ = base;
  }

  /// By file name, and of one name the first found hides the others. Sealwax's own is left out, or
  /// there whether or not it has been written.
  std::map<std::string, std::string> drop_ins(bool with_own) const {
    std::map<std::string, std::string> found;
    if (with_own)
      found[kDropInName] = own_drop_in();
    for (const std::string& name : drop_in_names(name_))
      for (const std::string& folder : places_.folders) {
        const std::string place = fmt::format("{}/{}.d", folder, name);
        for (const std::string& base : root_.names(place))
          if (const std::string path = fmt::format("{}/{}", place, base);
              base.ends_with(".conf") && path != own_drop_in())
            found.try_emplace(base, path);
      }
    return found;
  }

  const SystemRoot& root_;
  std::string name_;
  const UnitPlaces& places_;
};

} // namespace

std::string full_unit_name(const std::string& name) {
  constexpr std::array<std::string_view, 9> kOthers = {
      ".socket", ".mount", ".swap", ".timer", ".path", ".target", ".slice", ".scope", ".device"};
  const auto is_other = [&](std::string_view suffix) { return name.ends_with(suffix); };
  if (name.empty() || name.find_first_of("/ \t\n") != std::string::npos || name.starts_with('.'))
    throw CommandError(kWrongUsage, fmt::format("'{}' is no name of a unit", printable(name)));
  if (std::any_of(kOthers.begin(), kOthers.end(), is_other))
    throw CommandError(kWrongUsage, fmt::format("{} is no service; name the service that it starts",
                                                printable(name)));
  return name.ends_with(kSuffix) ? name : name + std::string{kSuffix};
}

std::vector<std::string> service_names(const SystemRoot& root) {
  std::set<std::string> names;
  for (const std::string& folder : systems_places().folders)
    for (const std::string& name : root.names(folder))
      if (name.ends_with(kSuffix) && name.find("@.") == std::string::npos &&
          name.size() > kSuffix.size())
        try {
          names.insert(read_unit(root, name, std::nullopt).name);
        } catch (const CommandError&) {
          continue; // masked, or a link that leads nowhere
        }
  return {names.begin(), names.end()};
}

Unit read_unit(const SystemRoot& root, const std::string& name,
               const std::optional<std::string>& own, const UnitPlaces& places) {
  return Reader{root, name, places}.read(own);
}

} // namespace sealwax::cli
