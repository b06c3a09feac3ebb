// SPDX-License-Identifier: Apache-2.0
#include "shim/kernel/maps.hpp"

#include "model/mapping/maps_line.hpp"
#include "shim/kernel/line_reader.hpp"

#include <cerrno>

namespace sealwax::shim {

Maps::~Maps() {
  close();
  if (owns_buffer_)
    Kernel::unmap(reinterpret_cast<Address>(buffer_.data()), buffer_.size());
}

void Maps::close() {
  if (descriptor_ >= 0)
    Kernel::close(descriptor_);
  descriptor_ = -1;
  tried_ = false;
}

bool Maps::open() {
  if (tried_)
    return descriptor_ >= 0;
  tried_ = true;
  if (buffer_.empty()) {
    const Reply mapped = Kernel::map_pages(kLongestName, false);
    if (!mapped.ok())
      return false;
    buffer_ = {reinterpret_cast<char*>(mapped.value()), kLongestName};
    owns_buffer_ = true;
  }
  const Reply opened = Kernel::open_to_read("/proc/self/maps");
  descriptor_ = opened.ok() ? static_cast<int>(opened.value()) : -1;
  return descriptor_ >= 0;
}

const char* Maps::path() const {
  if (name_size_ >= buffer_.size())
    return "";
  buffer_[name_size_] = '\0';
  return buffer_.data();
}

void Maps::rest() {
  if (descriptor_ < 0)
    return;
  Kernel::close(descriptor_);
  descriptor_ = -1;
  tried_ = false;
}

bool Maps::find(Address at, Match match, Vma& vma) {
  name_size_ = 0;
  if (!open())
    return false;
  if (kernel_.may(Call::ioctl)) {
    const bool or_next = match == Match::covering_or_next;
    Reply found = kernel_.query(descriptor_, at, or_next, vma, buffer_, name_size_);
    if (found.error() == ENAMETOOLONG) // then it goes without
      found = kernel_.query(descriptor_, at, or_next, vma, {}, name_size_);
    if (found.ok())
      return true;
    if (found.error() == ENOENT) // the kernel's answer: nothing is there
      return false;
  }
  return find_in_text(at, match, vma);
}

bool Maps::find_in_text(Address at, Match match, Vma& vma) {
  // The name's buffer doubles as the line buffer. A descriptor of its own, one at a time: the text
  // has to be read from its start, and lseek would be one call more that a filter has to know.
  close();
  LineReader lines{"/proc/self/maps", buffer_};
  std::string_view text;
  while (lines.next(text)) {
    MapsLine line;
    if (!parse_maps_line(text, line))
      continue;
    const bool above = line.range.begin > at; // the lines ascend
    if (line.range.contains(at) || (above && match == Match::covering_or_next)) {
      vma = Vma{line.range,
                line.readable,
                line.writable,
                line.executable,
                {line.inode, line.device_major, line.device_minor},
                line.offset};
      name_size_ = line.name.size();
      __builtin_memmove(buffer_.data(), line.name.data(), name_size_);
      return true;
    }
    if (above)
      return false;
  }
  return false;
}

} // namespace sealwax::shim
