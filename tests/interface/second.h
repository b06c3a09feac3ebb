// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifdef __cplusplus
extern "C" int everything(void);
#else
extern int everything(void);
#endif
extern int* second_place(void);
