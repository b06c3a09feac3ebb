// Says which of several it is.
int answer(void);
int answer(void) {
  return ANSWER;
}
