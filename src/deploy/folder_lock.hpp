// SPDX-License-Identifier: Apache-2.0
// Of two programs that change what is in a folder the second waits, or is told. No allocation and
// no exception: sealwax-rescue shares it.
#pragma once

namespace sealwax::deploy {

/// Held by an empty file in the folder, for its owner alone: whoever may not write there cannot
/// hold it, as any user can who locks the folder itself. Let go, and the file removed, by the
/// destructor; the kernel lets go with the process, however that ends.
class FolderLock {
public:
  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

  /// Takes the lock of `folder`, an open one that outlives this, without waiting. False: another
  /// program holds it. Where no file can be made, so that nothing else can be either, or on a full
  /// disk, nobody is kept out.
  [[nodiscard]] bool take(int folder);

private:
  int folder_ = -1;
  int file_ = -1; ///< -1: nothing is held
};

} // namespace sealwax::deploy
