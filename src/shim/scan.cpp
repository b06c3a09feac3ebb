#include "shim/scan.hpp"

namespace sealwax::shim {

Settings Scan::settings_of(const LoadedObject& object) {
  if (!rules_.policy.names_objects())
    return rules_.process;
  Vma vma;
  const bool found = maps_.find(object.key(), Maps::Match::covering, vma);
  return rules_.policy.object(object.name, found ? maps_.name() : std::string_view{});
}

bool Scan::is_ready(const LoadedObject& object) {
  const ObjectLayout* const layout = sealer_.layout_of(object);
  if (layout == nullptr)
    return true; // sealing it will say so
  Vma vma;
  if (!layout->relro.empty())
    return maps_.find(layout->relro.begin(), Maps::Match::covering, vma) && !vma.writable;
  if (!object.dynamic().has_text_relocations())
    return true;
  for (const Piece& piece : layout->pieces)
    if (piece.region == Region::text &&
        (!maps_.find(piece.range.begin(), Maps::Match::covering, vma) || vma.writable))
      return false;
  return true;
}

void Scan::add(const LoadedObject& object, const Settings& settings) {
  if (requests_.full())
    flush();
  (void)requests_.push(
      SealRequest{object, settings.seal, settings.relro == RelroPlace::private_memory});
}

void Scan::flush() {
  sealer_.seal({requests_.begin(), requests_.size()}, last_write_);
  for (const SealRequest& request : requests_)
    state.known.add(request.object.key());
  requests_.clear();
  last_write_.size = 0;
}

} // namespace sealwax::shim
