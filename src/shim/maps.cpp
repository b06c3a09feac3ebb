#include "shim/maps.hpp"

#include "model/maps_line.hpp"
#include "shim/lines.hpp"

namespace sealwax::shim {

Maps::~Maps() {
  if (descriptor_ >= 0)
    Kernel::close(descriptor_);
}

bool Maps::find(Address at, Match match, Vma& vma) {
  name_size_ = 0;
  if (!tried_) {
    tried_ = true;
    const Reply opened = Kernel::open_to_read("/proc/self/maps");
    descriptor_ = opened.ok() ? static_cast<int>(opened.value()) : -1;
  }
  if (descriptor_ < 0)
    return false;
  if (kernel_.may(Call::ioctl)) {
    const Reply found = kernel_.query(descriptor_, at, match == Match::covering_or_next, vma,
                                      Slice<char>{name_}, name_size_);
    if (found.ok())
      return true;
    if (kernel_.may(Call::ioctl))
      return false; // the kernel answered: nothing there
  }
  return find_in_text(at, match, vma);
}

bool Maps::find_in_text(Address at, Match match, Vma& vma) {
  // name_ doubles as the line buffer. A descriptor of its own: the text has to be read from its
  // start, and lseek would be one call more that a filter has to know.
  LineReader lines{"/proc/self/maps", Slice<char>{name_}};
  std::string_view text;
  while (lines.next(text)) {
    MapsLine line;
    if (!parse_maps_line(text, line))
      continue;
    const bool above = line.range.begin > at; // the lines ascend
    if (line.range.contains(at) || (above && match == Match::covering_or_next)) {
      vma = Vma{line.range, line.readable, line.writable, line.executable};
      name_size_ = line.name.size();
      __builtin_memmove(name_, line.name.data(), name_size_);
      return true;
    }
    if (above)
      return false;
  }
  return false;
}

} // namespace sealwax::shim
