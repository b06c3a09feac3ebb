// A plugin that knows its number.
int plugin_number(void);
int plugin_number(void) {
  return NUMBER;
}
