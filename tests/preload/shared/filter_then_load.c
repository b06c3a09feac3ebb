// SPDX-License-Identifier: Apache-2.0
// Puts a filter on itself, by the rules in the arguments, and then makes the loader work.
#include "filter.h"
#include "objects.h"

#include <dlfcn.h>
#include <iconv.h>

static void load(const char* name) {
  void* library = dlopen(name, RTLD_NOW);
  if (library == NULL) {
    say("failed: ", dlerror(), "\n");
    return;
  }
  int (*plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  say(name, ": answer ", decimal(plain_answer()), ", text ", seal_of_text(name), "\n");
  dlclose(library);
}

int main(int count, char** words) {
  struct filter filter = new_filter();
  for (int i = 1; i < count; i++) {
    if (!add_rule(&filter, words[i])) {
      say("no such rule: ", words[i], "\n");
      return 1;
    }
  }
  load("libplain.so");
  if (!install(&filter)) {
    return 1;
  }
  load("libstaying.so");
  load("libhookless.so");
  if (iconv_open("UTF-7", "UTF-8") == (iconv_t)-1) {
    return 1;
  }
  say("lives, text ", seal_of_text("main"), "\n");
}
