const int answer = ANSWER; // of a plugin
