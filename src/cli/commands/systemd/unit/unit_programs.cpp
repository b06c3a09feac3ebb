// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/unit_programs.hpp"

#include "cli/commands/systemd/unit/wrapped_program.hpp"

#include <fmt/format.h>

namespace sealwax::cli {

std::optional<OpenFile> UnitPrograms::file_of(const std::string& command) const {
  const std::vector<std::string> words = command_words(command);
  if (words.empty() || words.front().find_first_of("%$") != std::string::npos)
    return std::nullopt;
  return find(words.front());
}

std::optional<OpenFile> UnitPrograms::wrapped_in(const std::string& command) const {
  const std::string name = wrapped_program(command_words(command));
  return name.empty() ? std::nullopt : find(name);
}

std::vector<Obstacle> UnitPrograms::obstacles_of(const OpenFile& file) const {
  const std::optional<ElfFile> library = read_elf_file(root_.shown(library_));
  const std::string program = root_.shown(file.path);
  return library ? obstacles(program, loaded(program), {library_, *library})
                 : std::vector<Obstacle>{};
}

std::vector<std::string> UnitPrograms::commands_through(const std::string& tool,
                                                        const Unit& unit) const {
  const std::string launcher = quoted_word(without_specifiers(tool)) + " run -- ";
  std::vector<std::string> commands;
  bool any = false;
  for (const UnitSetting& setting : unit.values("ExecStart")) {
    const std::optional<std::string> changed = through(launcher, setting.value);
    any |= changed.has_value();
    commands.push_back(changed.value_or(setting.value));
  }
  return any ? commands : std::vector<std::string>{};
}

/// nullopt: it starts no such program, or not so that the words could be put in front of it.
std::optional<std::string> UnitPrograms::through(const std::string& launcher,
                                                 const std::string& command) const {
  const std::size_t begin = command.find_first_not_of(kCommandPrefixes);
  if (begin == std::string::npos)
    return std::nullopt;
  if (lacks_loader(wrapped_in(command)))
    return wrapped_program_behind(launcher, command);
  // With an @ the second word is what the program is called, which cannot be passed on.
  if (command.substr(0, begin).find('@') != std::string::npos || !lacks_loader(file_of(command)))
    return std::nullopt;
  return std::string{command}.insert(begin, launcher);
}

bool UnitPrograms::lacks_loader(const std::optional<OpenFile>& file) const {
  const std::vector<Obstacle> found = file ? obstacles_of(*file) : std::vector<Obstacle>{};
  return found.size() == 1 && found.front().kind == Obstacle::Kind::no_loader;
}

std::optional<OpenFile> UnitPrograms::find(const std::string& name) const {
  if (name.starts_with('/'))
    return root_.open(name);
  for (const char* folder :
       {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"})
    if (std::optional<OpenFile> file = root_.open(fmt::format("{}/{}", folder, name)))
      return file;
  return std::nullopt;
}

/// What runs it, as this process has it.
std::string UnitPrograms::loaded(const std::string& program) const {
  const std::string interpreter = loaded_program(program);
  if (interpreter == program)
    return program;
  const std::optional<OpenFile> file = root_.open(interpreter);
  return file ? root_.shown(file->path) : interpreter;
}

} // namespace sealwax::cli
