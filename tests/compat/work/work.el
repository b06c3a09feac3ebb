;;; work.el --- what a session does -*- lexical-binding: t -*-
;; SPDX-License-Identifier: Apache-2.0
;;; Code:
(require 'json)

(defun work-fibonacci (n)
  "The Nth of Fibonacci's numbers."
  (if (< n 2) n (+ (work-fibonacci (- n 1)) (work-fibonacci (- n 2)))))

(defun work-say (format &rest words)
  "Print WORDS by FORMAT on a line of their own."
  (princ (concat (apply #'format format words) "\n")))

(work-say "fibonacci %d" (work-fibonacci 30))
(with-temp-buffer
  (insert "cherry\nbanana\napple\n")
  (sort-lines nil (point-min) (point-max))
  (work-say "sorted %s" (mapconcat #'identity (split-string (buffer-string)) " ")))
(let ((said "")
      (process (make-process :name "cat" :command '("cat") :connection-type 'pipe)))
  (set-process-filter process (lambda (_ text) (setq said (concat said text))))
  (process-send-string process "wax\n")
  (while (not (string-suffix-p "\n" said)) (accept-process-output process 5))
  (process-send-eof process)
  (work-say "from cat: %s" (string-trim said)))
(with-temp-buffer
  (insert "one wax, two wax, three wax")
  (work-say "regexp %d" (how-many "w[ax]+" (point-min) (point-max))))
(work-say "json %s" (gethash "name" (json-parse-string "{\"name\": \"wax\"}")))
(work-say "zlib %s" (zlib-available-p))
(garbage-collect)
;;; work.el ends here
