// SPDX-License-Identifier: Apache-2.0
// Shared with the victims that `sealwax selftest` attacks, which are installed with it.
#pragma once

#include "raw.h"
#include "selftest/maps.h"
