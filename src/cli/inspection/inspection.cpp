// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/inspection.hpp"

#include "cli/sealing/policy_in_process.hpp"

namespace sealwax::cli {

Inspection inspect(const Process& process) {
  Inspection found;
  found.survey = survey(process);
  // Behind the survey: it may have executed something else meanwhile.
  found.executable = process.executable();
  found.policy = policy_in(process, found.survey,
                           name_in_policies(found.survey, found.executable.value_or("")));
  found.verdict = judge(found.survey, found.policy);
  found.counts = counts_in(found.survey);
  return found;
}

} // namespace sealwax::cli
