#include "cli/command.hpp"
namespace sealwax::cli {
int run_command(Arguments) {
  return kRunFailed;
}
} // namespace sealwax::cli
