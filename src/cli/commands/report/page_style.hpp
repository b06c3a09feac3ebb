// SPDX-License-Identifier: Apache-2.0
// How the page of `sealwax report --html` looks.
#pragma once

#include <string_view>

namespace sealwax::cli::report {

/// Light or dark as the reader's system is; on a phone a table's rows become cards.
inline constexpr std::string_view kPageStyle = R"(
:root { color-scheme: light dark; --ink: #1d2530; --paper: #fbfaf7; --faint: #5d6673;
  --line: #d9d6cd; --good: #2f7d4f; --fair: #8a5a00; --bad: #b3382c; --track: #e7e4db; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ec; --paper: #14181e; --faint: #9aa4b2;
  --line: #333b47; --good: #5bbd83; --fair: #e0a63f; --bad: #ef7d70; --track: #262d37; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem;
  border-bottom: 1px solid var(--line); }
p { margin: .25rem 0; }
.faint { color: var(--faint); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem;
  margin: 1.5rem 0 0; padding: 0; }
.tiles div { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.tiles dt { color: var(--faint); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.7rem; font-variant-numeric: tabular-nums; }
.bars { list-style: none; margin: 0; padding: 0; }
.bars li { display: grid; grid-template-columns: minmax(8rem, 22rem) 1fr 12rem; gap: .25rem 1rem;
  align-items: center; padding: .2rem 0; }
.track { display: block; height: .8rem; border-radius: .4rem; background: var(--track);
  overflow: hidden; }
.track span { display: block; height: 100%; background: var(--fair); }
.track span.whole { background: var(--good); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.days { display: flex; align-items: flex-end; gap: 3px; height: 9rem; margin: 0; padding: 0;
  list-style: none; }
.days li { flex: 1 1 0; max-width: 3rem; height: 100%; display: flex; flex-direction: column;
  justify-content: flex-end; font-size: .7rem; color: var(--faint); text-align: center;
  overflow-wrap: normal; }
.days span { display: block; background: var(--bad); border-radius: 2px 2px 0 0; min-height: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); }
td { min-width: 4.5rem; }
th { color: var(--faint); font-weight: 500; white-space: nowrap; }
td.number, th.number { text-align: right; }
.bad { color: var(--bad); } .fair { color: var(--fair); } .good { color: var(--good); }
pre { margin: .25rem 0; padding: .6rem .8rem; background: var(--track); border-radius: .4rem;
  white-space: pre-wrap; font-size: .85rem; }
@media (max-width: 44rem) {
  body { padding: 1rem; }
  .bars li { grid-template-columns: 1fr auto; }
  .bars .track { grid-column: 1 / 3; grid-row: 2; }
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem;
    margin-bottom: .75rem; }
  td, td.number { border: 0; min-width: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  td::before { content: attr(data-name) ": "; color: var(--faint); }
}
@media print { body { max-width: none; } }
)";

} // namespace sealwax::cli::report
