#include "cli/commands/deploy/deployment.hpp"

#include "cli/output/json.hpp"
#include "cli/output/output.hpp"
#include "deploy/preload_text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstring>
#include <filesystem>

namespace sealwax::cli {
namespace {

std::string absolute_root(const std::string& root) {
  std::error_code error;
  std::string path = std::filesystem::canonical(root, error).string();
  if (error)
    throw DeployError(kCouldNotTell, fmt::format("cannot open {}: {}; name the root directory of a "
                                                 "system with --root",
                                                 printable(root), std::strerror(error.value())));
  return path;
}

} // namespace

PreloadEdit::PreloadEdit(const std::string& root)
    : root_(absolute_root(root)), etc_(std::make_unique<deploy::Etc>()),
      file_(std::make_unique<deploy::PreloadFile>()) {
  check(etc_->open(root_.c_str()));
  check(read_preload(*etc_, *file_));
}

std::string PreloadEdit::outside(std::string_view path) const {
  return fmt::format("{}{}", root_ == "/" ? "" : root_, path);
}

std::string PreloadEdit::with_entry(std::string_view entry) const {
  std::string text(before().size() + entry.size() + deploy::kRoomBesidesEntry, '\0');
  text.resize(deploy::put_entry(before(), entry, text.data()));
  return text;
}

std::string PreloadEdit::without_entry() const {
  std::string text(before().size(), '\0');
  text.resize(deploy::take_out(before(), text.data()));
  return text;
}

void PreloadEdit::write(const std::string& text) const {
  check(etc_->lock());
  check(deploy::replace_preload(*etc_, *file_, text));
}

deploy::Removal PreloadEdit::remove() const {
  deploy::Removal removal = deploy::Removal::none_there;
  check(deploy::remove_entries(*etc_, removal));
  return removal;
}

void PreloadEdit::check(const deploy::Failure& failed) const {
  if (!failed.happened())
    return;
  const std::string object = failed.object == root_ ? root_ : outside(failed.object);
  throw DeployError(
      kCouldNotTell,
      fmt::format("cannot {} {}: {}; {}", failed.action, printable(object),
                  std::strerror(failed.error),
                  deploy::advice_on(failed.error, "see what the kernel says of it (dmesg)")));
}

void DeployReport::tell(std::string_view key, const std::string& value, const std::string& line) {
  members_.emplace_back(key, value);
  if (!json_ && !line.empty())
    answer(line + "\n");
}

void DeployReport::tell_tried(const std::vector<std::string>& programs) {
  tried_ = programs;
  if (!json_)
    answer(fmt::format("tried: {}\n", printable(fmt::format("{}", fmt::join(programs, ", ")))));
}

void DeployReport::diff(const std::string& text) {
  diff_ = text;
  if (!json_ && dry_run_)
    answer(text);
}

void DeployReport::changed(const std::string& line) {
  changed_ = true;
  unchanged(line);
}

void DeployReport::unchanged(const std::string& line) {
  if (!json_)
    answer(line + "\n");
}

void DeployReport::finding(const std::string& message) {
  complain_text(message);
  findings_.push_back(message);
}

void DeployReport::error(const std::string& message) {
  complain_text(message);
  errors_.push_back(message);
}

int DeployReport::finish(const std::function<int()>& work) {
  int code = kCouldNotTell;
  try {
    code = work();
  } catch (const DeployError& problem) {
    error(problem.what());
    code = problem.code();
  } catch (const std::exception& problem) {
    error(problem.what());
  }
  return end(code);
}

int DeployReport::usage_error(const std::string& message) {
  errors_.push_back(message);
  return end(kWrongUsage);
}

int DeployReport::end(int code) const {
  if (!json_)
    return code;
  Json document{{"schema", fmt::format("sealwax-{} 1", command_)},
                {"ok", code == kAsItShouldBe},
                {"dry_run", dry_run_},
                {"changed", changed_}};
  for (const auto& [key, value] : members_)
    document[key] = value;
  if (command_ == "install")
    document["tried"] = tried_;
  if (command_ != "uninstall")
    document["findings"] = findings_;
  document["diff"] = diff_;
  document["errors"] = errors_;
  answer(text_of(document, 2) + '\n');
  return code;
}

int deploy_command(CLI::App& app, Arguments arguments, std::string_view help,
                   DeployOptions& options, const std::function<int(DeployReport&)>& work) {
  app.add_flag("--dry-run", options.dry_run);
  app.add_option("--root", options.root);
  app.add_flag("--json", options.json);
  const Parsed parsed = parse(app, arguments, help, kWrongUsage);
  if (parsed.exit_code && parsed.error.empty())
    return *parsed.exit_code;
  DeployReport report{app.get_name(), asks_for_json(arguments), options.dry_run};
  if (parsed.exit_code)
    return report.usage_error(parsed.error);
  return report.finish([&] { return work(report); });
}

} // namespace sealwax::cli
