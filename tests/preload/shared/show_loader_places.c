// SPDX-License-Identifier: Apache-2.0
// Shows, for each place from which the loader takes an object, whether it is sealed: by the `sl` of
// /proc/self/smaps on all of its file that may not be written, and by what mprotect(2) answers on
// its code. These are the places that glibc's own tests of its sealing go through (the tst-dl_mseal
// tests of the patches that let ld.so seal), restated for Sealwax in the loader's place:
//
//   place                     glibc         Sealwax          shown by
//   main program              sealed        sealed           objects_of_all_places_are_sealed
//   dependency, and its own   sealed        sealed           the same
//   preloaded library         sealed        sealed           the same
//   auditing library          sealed        at the next load the same
//   libc, ld.so               if built so   sealed           the same
//   dlopen, and what it needs never         sealed           the same
//   dlopen, RTLD_NODELETE     sealed        sealed           the same
//   libgcc_s of pthread_exit  if built so   sealed           the same
//   only what stays           always        -z nodelete only objects_that_can_go_are_left_...
//   an object left out        by a property by mode = off    objects_of_any_place_can_be_exempt
//   all left out              by a tunable  by mode = off    policy_mode_off
//   static program            sealed        not reached      static_program_is_not_reached
//     that asks for it        -             what it names    interface_static
//   PT_GNU_MUTABLE            open          open             mutable_pages_stay_open_...
//     on RELRO                -             sealed           mutable_marks_on_relro_...
//   vdso                      never         sealed           every_region_of_a_pie_is_sealed
#include "group.h"
#include "objects.h"

#include <dlfcn.h>
#include <pthread.h>

int middle(void);

struct place {
  const char* file;
  struct tally tally;
  void* code;
};

static void take_mapping(const struct mapping* mapping, void* context) {
  struct place* const place = context;
  if (!starts_with(file_name_of(mapping->name), place->file) || mapping->writable) {
    return;
  }
  *(mapping->sealed ? &place->tally.sealed : &place->tally.open) += mapping->end - mapping->start;
  if (mapping->executable && place->code == NULL) {
    place->code = (void*)mapping->start;
  }
}

static void say_place(const char* what, const char* file) {
  struct place place = {file, {0}, NULL};
  for_each_mapping(take_mapping, &place);
  const long result = raw3(SYS_mprotect, place.code, page_size(), 7);
  if (result == 0) {
    raw3(SYS_mprotect, place.code, page_size(), 5);
  }
  say(what, ": ", word_for(&place.tally));
  say(", its code opened: ", place.code == NULL ? "there is none" : answer(result), "\n");
}

static void* end_thread(void* nothing) {
  pthread_exit(nothing); // which loads libgcc_s to unwind
}

int main(void) {
  pthread_t thread;
  if (dlopen("libopened.so", RTLD_NOW) == NULL ||
      dlopen("libkept.so", RTLD_NOW | RTLD_NODELETE) == NULL || middle() == 0 ||
      dlopen("libstaying.so", RTLD_NOW) == NULL ||
      pthread_create(&thread, NULL, end_thread, NULL) != 0 || pthread_join(thread, NULL) != 0) {
    return 1;
  }
  dlopen("libplain.so", RTLD_NOW); // at which what is in other namespaces is found
  say_place("program", "show_loader_places");
  say_place("dependency", "libgroup_middle.so");
  say_place("its dependency", "libgroup_base.so");
  say_place("preloaded", "libother_answer.so");
  say_place("auditing", "libauditor.so");
  say_place("libc", "libc.so");
  say_place("ld.so", "ld-linux");
  say_place("opened", "libopened.so");
  say_place("its dependency", "libanswer1.so");
  say_place("opened with RTLD_NODELETE", "libkept.so");
  say_place("its dependency", "libanswer2.so");
  say_place("marked as staying", "libstaying.so");
  say_place("libgcc_s", "libgcc_s.so");
}
