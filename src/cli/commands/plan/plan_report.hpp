// SPDX-License-Identifier: Apache-2.0
// How `plan` shows what it found: tables, or JSON.
#pragma once

#include "cli/commands/plan/program_plan.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sealwax::cli {

class PlanReport {
public:
  virtual ~PlanReport() = default;
  /// `file`: as it was given.
  virtual void add(const std::string& file, const ProgramPlan& plan) = 0;
  virtual void add_error(std::string_view file, std::string_view message) = 0;
  virtual void finish(bool ok) = 0;
};

struct PlanReportOptions {
  bool objects = false; ///< each object's regions too
  bool color = false;
};

[[nodiscard]] std::unique_ptr<PlanReport> plan_tables(PlanReportOptions options);
/// A line for each program, and what was found of all of them.
[[nodiscard]] std::unique_ptr<PlanReport> plan_lines(bool color);
/// How many are without a finding; not `told`: the exit status is all of the answer.
[[nodiscard]] std::unique_ptr<PlanReport> plan_count(bool told);
[[nodiscard]] std::unique_ptr<PlanReport> plan_json();

} // namespace sealwax::cli
