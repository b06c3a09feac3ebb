// SPDX-License-Identifier: Apache-2.0
// Logs the same user in again and again, as a service does that asks PAM in its own process; says
// how many times all of it went well, then waits for a line at each of the marks: its mappings are
// counted meanwhile.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// security/pam_appl.h is in no package that a system needs to have.
struct pam_message {
  int style;
  const char* text;
};
struct pam_response {
  char* text;
  int code;
};
struct pam_conv {
  int (*converse)(int, const struct pam_message**, struct pam_response**, void*);
  void* data;
};
typedef struct pam_handle pam_handle_t;
extern int pam_start_confdir(const char*, const char*, const struct pam_conv*, const char*,
                             pam_handle_t**);
extern int pam_authenticate(pam_handle_t*, int);
extern int pam_acct_mgmt(pam_handle_t*, int);
extern int pam_open_session(pam_handle_t*, int);
extern int pam_close_session(pam_handle_t*, int);
extern int pam_end(pam_handle_t*, int);

static int say_nothing(int count, const struct pam_message** messages,
                       struct pam_response** answers, void* data) {
  (void)messages;
  (void)data;
  *answers = calloc((size_t)count, sizeof **answers);
  return *answers == NULL;
}

static int log_in(const char* folder, const char* user) {
  const struct pam_conv conversation = {say_nothing, NULL};
  pam_handle_t* handle;
  int answer = pam_start_confdir("loop", user, &conversation, folder, &handle);
  if (answer != 0)
    return answer;
  if ((answer = pam_authenticate(handle, 0)) == 0 && (answer = pam_acct_mgmt(handle, 0)) == 0 &&
      (answer = pam_open_session(handle, 0)) == 0)
    answer = pam_close_session(handle, 0);
  pam_end(handle, answer);
  return answer;
}

int main(int count, char** arguments) {
  if (count < 3)
    return 2;
  int done = 0;
  for (int mark = 3; mark < count; ++mark) {
    int well = 0;
    const int until = atoi(arguments[mark]);
    for (; done < until; ++done)
      well += log_in(arguments[1], arguments[2]) == 0;
    printf("%d logins, %d of them well since the last mark\n", done, well);
    fflush(stdout);
    getchar();
  }
}
