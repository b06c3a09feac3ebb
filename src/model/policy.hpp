// What a policy can say, and its built-in default. Grammar: sealwax-policy(5).
#pragma once

#include "model/region.hpp"

#include <cstdint>

namespace sealwax {

enum class Mode : std::uint8_t { enforce, audit, off };
enum class RelroPlace : std::uint8_t { private_memory, in_place };
/// What happens to objects loaded after start-up.
enum class LateLoads : std::uint8_t { pin, pinned_only, skip };
enum class ExecGain : std::uint8_t { allow, deny, deny_inherit };
enum class OnRefused : std::uint8_t { ignore, report, kill };
enum class ReportTo : std::uint8_t { journal, standard_error, file, none };
enum class MappedCode : std::uint8_t { leave, seal };
/// Whether SEALWAX_POLICY may replace the system's policy.
enum class Environment : std::uint8_t { allow, deny };
/// What to do under a seccomp filter that was there before the program.
enum class InheritedFilter : std::uint8_t { probe, trust, skip };

/// Every key's value, for one program or one object in it. The initialisers are the built-in
/// default, which policies/default.conf spells out.
struct Settings {
  Mode mode = Mode::enforce;
  RegionSet seal = {Region::text, Region::rodata, Region::relro, Region::gaps, Region::vdso};
  RelroPlace relro = RelroPlace::private_memory;
  LateLoads late_loads = LateLoads::pin;
  ExecGain exec_gain = ExecGain::allow;
  OnRefused on_refused = OnRefused::report;
  ReportTo report_to = ReportTo::journal;
  MappedCode mapped_code = MappedCode::leave;
  Environment environment = Environment::allow;
  InheritedFilter seccomp = InheritedFilter::probe;
  bool operator==(const Settings&) const = default;
};

} // namespace sealwax
