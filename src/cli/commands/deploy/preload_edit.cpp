// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/deploy/preload_edit.hpp"

#include "cli/frame/command_error.hpp"
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
    throw CommandError(fmt::format("cannot open {}: {}; name the root directory of a "
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

deploy::InPlace PreloadEdit::write(const std::string& text, const PreloadUsers& users) const {
  check(etc_->lock());
  const std::size_t kept = deploy::end_of_common(before(), text);
  if (users.any() && file_->exists && !file_->is_link && kept != std::string_view::npos) {
    check(deploy::write_behind(*etc_, *file_, text, kept));
    return deploy::InPlace::yes;
  }
  check(deploy::replace_preload(*etc_, *file_, text));
  return deploy::InPlace::no;
}

deploy::Removal PreloadEdit::remove(const PreloadUsers& users) const {
  deploy::Removal removal = deploy::Removal::none_there;
  check(deploy::remove_entries(*etc_, removal,
                               users.any() ? deploy::InPlace::yes : deploy::InPlace::no));
  return removal;
}

void PreloadEdit::check(const deploy::Failure& failed) const {
  if (!failed.happened())
    return;
  const std::string object = failed.object == root_ ? root_ : outside(failed.object);
  throw CommandError(fmt::format(
      "cannot {} {}: {}; {}", failed.action, printable(object), std::strerror(failed.error),
      deploy::advice_on(failed.error, "see what the kernel says of it (dmesg)")));
}

int change_preload(CommandLine& line, Arguments arguments, ChangeReport& report,
                   ChangeOptions& options, const std::function<int()>& work) {
  line.app().add_flag("--dry-run", options.dry_run);
  line.app().add_option("--root", options.root);
  line.add_json(options.json,
                [&](const std::string& message, ExitCode code) { report.fail(message, code); });
  return line.run(arguments, [&] {
    if (const std::string unit = surrounding_unit(); options.root == "/" && !unit.empty())
      throw CommandError(fmt::format("the {} here is {}'s own, and not the system's; run this "
                                     "outside of it",
                                     deploy::kPreloadPath, printable(unit)));
    return report.finish(work());
  });
}

} // namespace sealwax::cli
