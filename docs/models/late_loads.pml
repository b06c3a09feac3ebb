// SPDX-License-Identifier: Apache-2.0
/* When late libraries are sealed, as a model for spin(1): threads that load, a signal handler that
   loads at any moment, a thread that walks the loader's list and waits for another, and a fork while
   others hold the loader's locks.

   Looked for: a deadlock that the program would not have without Sealwax, and a constructor that
   runs before its library is sealed. `spin -run -noreduce -safety docs/models/late_loads.pml` looks
   at all ways in which the steps can follow each other. tests/unit/test_models.py does that, and
   leaves out one rule after the other (-DWITHOUT_...): then spin has to find what the rule is for.

   In the sources: src/shim/entry/load_hook.cpp (before_dlopen, dlsym, the hook), seal/late/
   late_loads.cpp (look, scan); glibc's elf/dl-open.c (dlopen), elf/dl-iteratephdr.c (Walking). Left
   out: libraries without the load hook, musl, filters, and whatever fails. That a mutex is taken is
   one step, which it is not for a handler that comes in the middle of it. */

#define NOBODY 0
#define OBJECTS 3

/* The loader's two locks, both recursive. `loading` is held for the whole of a dlopen, constructors
   included, and for the look-up of a dlsym; `list` while the list of objects changes or is walked. */
typedef Lock {
  byte owner;
  byte depth
};
Lock loading, list;

/* The loader's list. */
bool loaded[OBJECTS], ready[OBJECTS], sealed[OBJECTS];
byte adds;

/* The shim's memory. */
byte last_scan; /* `adds` at the last one */
bool pending;   /* something is left over for the next look */
bool asked;     /* a load was asked for since the last look of a dlsym */

bool handling;        /* thread 1 is in its signal handler */
bool held_back;       /* thread 1 takes no signal */
bool has_looked_up;   /* what the walker waits for */
bool child_may_begin;

inline take(lock) {
  atomic {
    lock.owner == NOBODY || lock.owner == self;
    lock.owner = self;
    lock.depth++
  }
}

inline give(lock) {
  atomic {
    lock.depth--;
    if
    :: lock.depth == 0 -> lock.owner = NOBODY
    :: else
    fi
  }
}

inline hold_back(now) {
#ifndef WITHOUT_HOLDING_SIGNALS_BACK
  if
  :: self == 1 && !in_handler -> held_back = now
  :: else
  fi
#else
  skip
#endif
}

/* Inside dl_iterate_phdr, which keeps other threads out, and with signals held back. */
inline scan() {
  hold_back(true);
  take(list);
  at = 0;
  unready = false;
  do
  :: at < OBJECTS ->
     if
     :: loaded[at] && ready[at] -> sealed[at] = true
     :: loaded[at] && !ready[at] -> unready = true /* its thread is still at work on it */
     :: else
     fi;
     at++
  :: else -> break
  od;
  atomic {
    last_scan = adds;
#ifdef WITHOUT_A_NOTE_OF_WHAT_IS_NOT_READY
    pending = false;
#else
    pending = unready;
#endif
    asked = unready
  };
  give(list);
  hold_back(false)
}

inline look() {
#ifndef WITHOUT_A_LOOK_AT_WHAT_CAME
  if
  :: pending || adds != last_scan -> scan()
  :: else -> asked = false
  fi
#else
  scan()
#endif
}

inline before_dlopen() {
  look();
  asked = true
}

inline dlopen(object) {
  before_dlopen();
  take(loading);
  take(list);
  atomic { loaded[object] = true; adds++ };
  give(list);
  ready[object] = true; /* relocated, its RELRO read-only */
#ifndef WITHOUT_THE_HOOK
  look();
#endif
  assert(sealed[object]); /* its constructor */
  give(loading)
}

inline dlsym() {
#ifndef WITHOUT_A_LOAD_ASKED_FOR
  if
  :: asked -> look()
  :: else
  fi;
#else
  scan();
#endif
  take(loading);
  give(loading)
}

proctype Interrupted(byte self) provided (!handling) {
  byte at; bool unready, in_handler;
  dlopen(0);
  dlsym();
  before_dlopen()
}

/* At any moment of thread 1, which goes on when it is over. */
proctype Handler(byte self) {
  byte at; bool unready, in_handler;
  atomic { !held_back -> handling = true };
  in_handler = true;
  dlopen(2);
  handling = false
}

proctype Loading(byte self) {
  byte at; bool unready, in_handler;
  dlopen(1);
  dlsym()
}

/* dl_iterate_phdr with a callback that waits for another thread. */
proctype Walking(byte self) {
  take(list);
  child_may_begin = true;
  has_looked_up;
  give(list)
}

/* A dlopen of what is loaded already, then dlsym: both end while the list is walked, as without. */
proctype Asking(byte self) {
  byte at; bool unready, in_handler;
  before_dlopen();
  take(loading);
  give(loading);
  dlsym();
  has_looked_up = true
}

/* Forked while the list was walked: `loading` is made anew in a child, `list` stays its lost owner's.
   A dlsym ends there, whatever has come. */
proctype Child(byte self) {
  byte at; bool unready, in_handler;
  child_may_begin;
  loading.owner = NOBODY;
  loading.depth = 0;
  pending = true;
#ifdef WITHOUT_THE_FORK_MARK
  asked = true;
  dlsym();
#endif
  take(loading);
  give(loading);
  has_looked_up = true
}

init {
  if
  :: atomic { run Interrupted(1); run Handler(1); run Loading(2) };
     _nr_pr == 1;
     assert(sealed[0] && sealed[1] && sealed[2])
  :: atomic { run Walking(1); run Asking(2) }
  :: atomic { run Walking(1); run Child(2) }
  fi
}
