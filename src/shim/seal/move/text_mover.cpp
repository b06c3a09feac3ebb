// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/move/text_mover.hpp"

#include "shim/kernel/seccomp_filter.hpp"

#include <sys/mman.h>

#include <cerrno>

namespace sealwax::shim {
namespace {

bool is_of_the_file(Region region) {
  return region == Region::text || region == Region::rodata;
}

} // namespace

void TextMover::move(SealRequest& request, SealFailures& failures) {
  if (!request.moves(Region::text) && !request.moves(Region::rodata))
    return;
  CopyArena arena{kernel_, page_};
  int error = request.text_is_the_files ? find_parts(request) : EINVAL;
  if (error == 0 && !parts_.empty())
    error = copy_parts(request, arena);
  if (error != 0) {
    for (const Piece& piece : request.pieces)
      if (is_of_the_file(piece.region) && request.moves(piece.region))
        failures.not_moved(error);
    request.moved = request.moved.without({Region::text, Region::rodata});
    return;
  }
  for (const Part& part : parts_)
    if (const int refused = put(part); refused != 0) {
      failures.not_moved(refused);
      request.moved = request.moved.without({part.region});
    }
}

/// Every function below that returns an int returns an errno value, 0 for success.
int TextMover::find_parts(const SealRequest& request) {
  parts_.clear();
  file_ = FileIdentity{};
  for (const Piece& piece : request.pieces)
    if (is_of_the_file(piece.region) && request.moves(piece.region))
      if (const int error = add_parts(piece, request.code_protection); error != 0)
        return error;
  return 0;
}

int TextMover::add_parts(const Piece& piece, int code_protection) {
  Vma vma;
  for (Address at = piece.range.begin(); at < piece.range.end(); at = vma.range.end) {
    if (!maps_.find(at, Maps::Match::covering, vma))
      return ENOENT;
    if (!vma.file.is_file()) // private memory already
      continue;
    const bool same_file = !file_.is_file() || vma.file == file_;
    if (!same_file || vma.writable)
      return EINVAL;
    file_ = vma.file;
    Part part;
    part.range = page_.covering(vma.range).intersect(piece.range);
    part.offset = vma.offset + (part.range.begin() - vma.range.begin);
    part.protection =
        (vma.readable ? PROT_READ : 0) | (vma.executable ? PROT_EXEC | code_protection : 0);
    part.region = piece.region;
    if (!parts_.push(part))
      return E2BIG;
  }
  return 0;
}

/// The file by the path that the kernel has for the mapping, and where that is no path (a memfd, a
/// program that was deleted) by the loader's name or as the process's program. Whoever could put
/// another file there is found out by comparing. Negative: there is none.
int TextMover::open_file(const SealRequest& request) {
  const int by_kernels_name = open_if_mapped(maps_.path());
  if (by_kernels_name >= 0)
    return by_kernels_name;
  return open_if_mapped(request.name.empty() ? "/proc/self/exe" : request.name.data());
}

int TextMover::open_if_mapped(const char* path) {
  Reply opened = Kernel::open_to_read(path);
  if (opened.error() == EMFILE) {
    maps_.rest();
    opened = Kernel::open_to_read(path);
  }
  if (!opened.ok())
    return -1;
  const int descriptor = static_cast<int>(opened.value());
  if (is_mapped(descriptor))
    return descriptor;
  Kernel::close(descriptor);
  return -1;
}

/// Some file systems (btrfs, overlayfs) tell another device or inode to fstat than they do of a
/// mapping. There the two are compared as mappings.
bool TextMover::is_mapped(int descriptor) {
  if (const auto file = kernel_.file(descriptor); file && file->identity == file_)
    return true;
  const Reply mapped = Kernel::map_file(descriptor, page_.bytes());
  if (!mapped.ok())
    return false;
  Vma vma;
  const bool same = maps_.find(mapped.address(), Maps::Match::covering, vma) && vma.file == file_;
  Kernel::unmap(mapped.address(), page_.bytes());
  return same;
}

int TextMover::copy_parts(const SealRequest& request, CopyArena& arena) {
  for (const Part& part : parts_)
    arena.count(part.range);
  const int descriptor = open_file(request);
  if (descriptor < 0)
    return ENOENT;
  int error = arena.reserve() ? 0 : arena.error();
  for (Part& part : parts_) {
    if (error != 0)
      break;
    part.copy = arena.make_room(part.range);
    error = read_part(descriptor, part);
  }
  Kernel::close(descriptor);
  return error;
}

/// Behind the file's end there is nothing to be had, there as here: the rest stays zero. Before it
/// a read that gets nothing has failed.
int TextMover::read_part(int descriptor, const Part& part) {
  std::size_t done = 0;
  while (done < part.range.size()) {
    const Reply got = kernel_.read_at(
        descriptor, {reinterpret_cast<char*>(part.copy + done), part.range.size() - done},
        part.offset + done);
    if (!got.ok())
      return got.error();
    if (got.value() == 0) {
      const Result<Kernel::File, int> file = kernel_.file(descriptor);
      if (!file || part.offset + done < file->size)
        return file ? EIO : file.error();
      break;
    }
    done += static_cast<std::size_t>(got.value());
  }
  return changed_by_debugger(part, done) ? EBUSY : 0;
}

bool TextMover::changed_by_debugger(const Part& part, std::size_t size) {
  if (debugger_ == Debugger::unknown) {
    const FilterState state = FilterState::read(false);
    debugger_ = state.known && !state.traced ? Debugger::absent : Debugger::present;
  }
  if (debugger_ == Debugger::absent)
    return false;
  return (part.protection & PROT_READ) == 0 ||
         __builtin_memcmp(reinterpret_cast<const void*>(part.copy),
                          reinterpret_cast<const void*>(part.range.begin()), size) != 0;
}

int TextMover::put(const Part& part) {
  const PageRange copy = page_.covering({part.copy, part.copy + part.range.size()});
  const bool code = (part.protection & PROT_EXEC) != 0;
  if (code && !may_make_code_)
    return EACCES;
  const Reply protection =
      code ? kernel_.protect_code(copy, part.protection) : Kernel::protect(copy, part.protection);
  if (!protection.ok()) {
    may_make_code_ = may_make_code_ && !code; // it would be the next object's answer as well
    return protection.error();
  }
  return kernel_.move_over(part.copy, part.range).error();
}

} // namespace sealwax::shim
