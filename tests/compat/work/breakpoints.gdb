# SPDX-License-Identifier: Apache-2.0
# Lines that begin with "said: " are the same in every run; the rest of what gdb says has addresses.
set breakpoint pending on
starti >answer
printf "said: first instruction\n"
break main
commands
  printf "said: in main\n"
  # For whoever looks whether it is sealed.
  shell sleep 0.5
  continue
end
break tripled
commands
  printf "said: in tripled: %d\n", number
  continue
end
break gnu_get_libc_version
commands
  printf "said: in libc\n"
  continue
end
continue
printf "said: ended with %d\n", $_exitcode
