# SPDX-License-Identifier: Apache-2.0
"""Erlang: a module compiled and loaded, a thousand processes, and code that is replaced while it runs."""

from box import find_program

PACKAGES = ["erlang-base"]
PROGRAMS = ["beam"]
EXPECTED = ["ring 1000", "version 1", "version 2", "fibonacci 832040", "crypto-like hash 3610a686"]
SOURCE = """
-module(work).
-export([main/0, fibonacci/1]).

fibonacci(N) when N < 2 -> N;
fibonacci(N) -> fibonacci(N - 1) + fibonacci(N - 2).

ring(Next) -> receive N -> Next ! N + 1 end.

version(N) ->
  Forms = [erl_parse_form(Text) || Text <- ["-module(turns).", "-export([which/0]).",
           lists:flatten(io_lib:format("which() -> ~p.", [N]))]],
  {ok, turns, Code} = compile:forms(Forms),
  {module, turns} = code:load_binary(turns, "turns", Code),
  io:format("version ~p~n", [turns:which()]),
  code:purge(turns).

erl_parse_form(Text) ->
  {ok, Tokens, _} = erl_scan:string(Text),
  {ok, Form} = erl_parse:parse_form(Tokens),
  Form.

main() ->
  First = lists:foldl(fun(_, Next) -> spawn(fun() -> ring(Next) end) end, self(), lists:seq(1, 1000)),
  First ! 0,
  receive Count -> io:format("ring ~p~n", [Count]) end,
  version(1),
  version(2),
  io:format("fibonacci ~p~n", [fibonacci(30)]),
  io:format("crypto-like hash ~8.16.0b~n", [erlang:crc32(<<"hello">>)]).
"""


def run(box):
    box.write("work.erl", SOURCE)
    box.run(find_program("erlc"), "work.erl")
    box.run(find_program("erl"), "-noshell", "-s", "work", "main", "-s", "init", "stop")
