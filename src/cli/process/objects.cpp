// SPDX-License-Identifier: Apache-2.0
#include "cli/process/objects.hpp"

#include "cli/arch/byte_order.hpp"
#include "model/object/open_ranges.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace sealwax::cli {
namespace {

/// Program headers of 64 bits, whichever class the object has.
struct Headers {
  std::uint16_t type = ET_NONE;
  std::vector<Elf64_Phdr> segments;
};

/// More than any linker makes; a bound, because the number comes from somebody else's memory.
constexpr std::size_t kMaxHeaders = 1024;

template <typename Object>
bool read_object(const ReadMemory& read, Address at, Object& object) {
  return read(at, std::as_writable_bytes(std::span{&object, 1}));
}

Elf64_Phdr widened(const Elf64_Phdr& header) {
  return header;
}

Elf64_Phdr widened(const Elf32_Phdr& header) {
  Elf64_Phdr wide{};
  wide.p_type = header.p_type;
  wide.p_flags = header.p_flags;
  wide.p_offset = header.p_offset;
  wide.p_vaddr = header.p_vaddr;
  wide.p_filesz = header.p_filesz;
  wide.p_memsz = header.p_memsz;
  wide.p_align = header.p_align;
  return wide;
}

template <typename ElfHeader, typename ProgramHeader>
std::optional<Headers> read_headers_of(const ReadMemory& read, Address at) {
  ElfHeader header;
  if (!read_object(read, at, header) || header.e_phentsize != sizeof(ProgramHeader) ||
      header.e_phnum == 0 || header.e_phnum > kMaxHeaders)
    return std::nullopt;
  std::vector<ProgramHeader> segments(header.e_phnum);
  if (!read(at + header.e_phoff, std::as_writable_bytes(std::span{segments})))
    return std::nullopt;
  Headers headers;
  headers.type = header.e_type;
  for (const ProgramHeader& segment : segments)
    headers.segments.push_back(widened(segment));
  return headers;
}

/// nullopt: what lies there does not begin as an executable or a shared object does.
std::optional<Headers> read_headers(const ReadMemory& read, Address at,
                                    const unsigned char (&ident)[EI_NIDENT]) {
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != kNativeOrder)
    return std::nullopt;
  std::optional<Headers> headers;
  if (ident[EI_CLASS] == ELFCLASS64)
    headers = read_headers_of<Elf64_Ehdr, Elf64_Phdr>(read, at);
  else if (ident[EI_CLASS] == ELFCLASS32)
    headers = read_headers_of<Elf32_Ehdr, Elf32_Phdr>(read, at);
  if (headers && headers->type != ET_EXEC && headers->type != ET_DYN)
    headers.reset();
  return headers;
}

/// A segment with contents from the file.
bool loads_file(const Elf64_Phdr& segment) {
  return segment.p_type == PT_LOAD && segment.p_filesz != 0;
}

/// What the object's notes want left open; what cannot be read wants nothing.
OpenRanges open_ranges(const ReadMemory& read, Address bias, Slice<const Elf64_Phdr> segments) {
  OpenRanges open;
  std::vector<std::byte> notes;
  for (const Elf64_Phdr& segment : segments) {
    if (!has_loaded_notes(segment, segments) || segment.p_filesz > kMostNotes)
      continue;
    const Address at = bias + segment.p_vaddr;
    notes.resize(segment.p_filesz);
    if (read(at, notes))
      read_open_ranges({notes.data(), notes.size()}, at, segment.p_align, open);
  }
  return open;
}

class Candidate {
public:
  Candidate(std::span<const Mapping> mappings, const Mapping& first, const Headers& headers,
            const ReadMemory& read, PageSize page)
      : mappings_(mappings), first_(first), headers_(headers), read_(read), page_(page) {}

  std::optional<Object> object() {
    if (!find_bias())
      return std::nullopt;
    find_file();
    if (!segments_are_mapped() || is_mapped_as_data())
      return std::nullopt;
    Object object;
    object.path = path_;
    object.bias = bias_;
    object.has_interpreter =
        std::any_of(headers_.segments.begin(), headers_.segments.end(),
                    [](const Elf64_Phdr& segment) { return segment.p_type == PT_INTERP; });
    const Slice<const Elf64_Phdr> segments{headers_.segments.data(), headers_.segments.size()};
    const OpenRanges open = open_ranges(read_, bias_, segments);
    if (lay_out(bias_, segments, page_, object.layout, {open.begin(), open.size()}) !=
        LayoutError::none)
      return std::nullopt;
    return object;
  }

private:
  Address page_of(const Elf64_Phdr& segment) const { return page_.down(bias_ + segment.p_vaddr); }

  /// The first mapping shows the file's first page, and so does one of the segments.
  bool find_bias() {
    for (const Elf64_Phdr& segment : headers_.segments)
      if (loads_file(segment) && page_.down(segment.p_offset) == 0) {
        bias_ = first_.range.begin - page_.down(segment.p_vaddr);
        return headers_.type == ET_DYN || bias_ == 0;
      }
    return false;
  }

  /// Text and rodata can have been moved to anonymous memory, with the headers. Then what is its
  /// file's still tells which that is, if there is any: RELRO lies in front of data.
  void find_file() {
    const Mapping* shown = &first_;
    for (const Elf64_Phdr& segment : headers_.segments)
      if (loads_file(segment) && shown->anonymous())
        if (const Mapping* mapping =
                mapping_at(mappings_, bias_ + segment.p_vaddr + segment.p_filesz - 1);
            mapping != nullptr)
          shown = mapping;
    file_ = shown->file;
    path_ = shown->anonymous() ? std::string{} : shown->name;
  }

  /// Each segment's first page is where it should be: the file's page, or anonymous memory that
  /// has replaced it (a moved RELRO, code remapped onto huge pages).
  bool segments_are_mapped() const {
    return std::all_of(
        headers_.segments.begin(), headers_.segments.end(), [this](const Elf64_Phdr& segment) {
          if (!loads_file(segment))
            return true;
          const Address at = page_of(segment);
          const Mapping* mapping = mapping_at(mappings_, at);
          if (mapping == nullptr)
            return false;
          return mapping->anonymous() ||
                 (mapping->file == file_ &&
                  mapping->offset + (at - mapping->range.begin) == page_.down(segment.p_offset));
        });
  }

  /// The whole file in one mapping that cannot run, though a segment wants to: somebody reads it.
  bool is_mapped_as_data() const {
    if (first_.executable())
      return false;
    bool wants_to_run = false;
    for (const Elf64_Phdr& segment : headers_.segments) {
      if (segment.p_type != PT_LOAD)
        continue;
      wants_to_run |= (segment.p_flags & PF_X) != 0;
      if (loads_file(segment) && !first_.range.contains(page_of(segment)))
        return false;
    }
    return wants_to_run;
  }

  std::span<const Mapping> mappings_;
  const Mapping& first_;
  const Headers& headers_;
  const ReadMemory& read_;
  PageSize page_;
  Address bias_ = 0;
  FileId file_;
  std::string path_;
};

/// Where an object's first page may be: the file's, or what was put in its place and cannot be
/// written to.
bool may_begin_object(const Mapping& mapping) {
  if (!mapping.is_private() || mapping.offset != 0)
    return false;
  return !mapping.anonymous() ||
         (mapping.name.empty() && mapping.permissions[0] == 'r' && mapping.permissions[1] != 'w');
}

bool runs(std::span<const Mapping> mappings, FileId file) {
  return std::any_of(mappings.begin(), mappings.end(), [file](const Mapping& mapping) {
    return mapping.file == file && mapping.executable();
  });
}

/// Whether `at` is in an object already found, and not in one of its holes. A small object's later
/// segments show the file's first page too.
bool is_taken(const std::vector<Object>& objects, Address at) {
  const auto has = [at](Range range) { return range.contains(at); };
  return std::any_of(objects.begin(), objects.end(), [&](const Object& object) {
    return has(object.layout.span) &&
           std::any_of(object.layout.pieces.begin(), object.layout.pieces.end(),
                       [&](const Piece& piece) {
                         return piece.region != Region::gaps && has(piece.range);
                       });
  });
}

} // namespace

FoundObjects find_objects(std::span<const Mapping> mappings, const ReadMemory& read, PageSize page,
                          Address vdso) {
  FoundObjects found;
  for (const Mapping& mapping : mappings) {
    if (!may_begin_object(mapping) || mapping.range.begin == vdso ||
        is_taken(found.objects, mapping.range.begin))
      continue;
    unsigned char ident[EI_NIDENT];
    if (!read_object(read, mapping.range.begin, ident)) {
      if (!mapping.anonymous() && runs(mappings, mapping.file))
        found.unclear.push_back(mapping.name);
      continue;
    }
    const std::optional<Headers> headers = read_headers(read, mapping.range.begin, ident);
    if (!headers)
      continue;
    std::optional<Object> object = Candidate{mappings, mapping, *headers, read, page}.object();
    if (!object)
      continue;
    if (!object->layout.complete)
      found.unclear.push_back(object->path);
    found.objects.push_back(std::move(*object));
  }
  return found;
}

} // namespace sealwax::cli
