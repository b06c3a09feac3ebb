// SPDX-License-Identifier: Apache-2.0
// What is tested may lie in this executable or in a library.
#ifdef __cplusplus
extern "C"
#endif
    int
    everything(void);

int main(void) {
  return everything();
}
