#include "cli/doctor.hpp"

namespace sealwax::cli {
CheckGroup check_units() { return {"units", {}}; }
CheckGroup check_filters() { return {"filters", {}}; }
} // namespace sealwax::cli
