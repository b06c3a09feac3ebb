// SPDX-License-Identifier: Apache-2.0
/* mseal(2) is for 64-bit processes, so that there is nothing to do in a 32-bit one. But
   /etc/ld.so.preload names a library for both, and ld.so complains in each program that finds none.
 */
_Static_assert(sizeof(void*) == 4, "for 32-bit programs");
