// SPDX-License-Identifier: Apache-2.0
// A Node addon that registers itself from its constructor, as those did that NAPI_MODULE made until
// Node 20: each worker that loads it needs that constructor to run again.
#include <stddef.h>

typedef struct napi_env__* napi_env;
typedef struct napi_value__* napi_value;
typedef struct {
  int version;
  unsigned flags;
  const char* file;
  napi_value (*start)(napi_env, napi_value);
  const char* name;
  void* data;
  void* reserved[4];
} napi_module;
extern void napi_module_register(napi_module*);
extern int napi_create_int32(napi_env, int, napi_value*);

static napi_value start(napi_env env, napi_value exports) {
  (void)exports;
  napi_value value;
  napi_create_int32(env, 42, &value);
  return value;
}

static napi_module module = {1, 0, __FILE__, start, "addon", NULL, {0}};

__attribute__((constructor)) static void register_it(void) {
  napi_module_register(&module);
}
