# SPDX-License-Identifier: Apache-2.0
"""Steel Bank Common Lisp: native code that it compiles as it runs, threads, much garbage, and a saved program."""

from box import find_program

PACKAGES = ["sbcl"]
PROGRAMS = ["sbcl", "saved"]
EXCEPTIONS = ["sbcl"]
PROGRAM = "saved"
# It maps its memory by syscall(2), which nobody is told of; what it does with it later is told of.
TOLD = {"observe": ["sbcl exec-gain", "saved exec-gain"]}
EXPECTED = ["primes 9592", "compiled 499999500000", "threads 4 x 5000050000", "garbage 100000", "caught DIVISION-BY-ZERO",
            "saved program says 42"]
WORK = """
(defun primes (n)
  (let ((sieve (make-array (1+ n) :element-type 'bit :initial-element 1)))
    (loop for i from 2 to n when (= 1 (aref sieve i))
          count t do (loop for j from (* i i) to n by i do (setf (aref sieve j) 0)))))
(format t "primes ~d~%" (primes 100000))
(format t "compiled ~d~%" (funcall (compile nil '(lambda (n) (loop for i below n sum i))) 1000000))
(let ((threads (loop repeat 4 collect (sb-thread:make-thread (lambda () (loop for i to 100000 sum i))))))
  (format t "threads ~d x ~d~%" (length threads) (first (remove-duplicates (mapcar #'sb-thread:join-thread threads)))))
(let ((table (make-hash-table :test 'equal)))
  (dotimes (i 100000) (setf (gethash (format nil "~d" i) table) (list i)))
  (sb-ext:gc :full t)
  (format t "garbage ~d~%" (hash-table-count table)))
(handler-case (/ 1 (- 1 1)) (division-by-zero () (format t "caught DIVISION-BY-ZERO~%")))
"""
SAVE = """
(sb-ext:save-lisp-and-die "saved" :executable t
  :toplevel (lambda () (format t "saved program says ~d~%" (* 6 7)) (sb-ext:exit)))
"""


def run(box):
    sbcl = find_program("sbcl")
    box.run(sbcl, "--script", box.write("work.lisp", WORK))
    # What it says are addresses and times.
    box.run_untold(sbcl, "--noinform", "--non-interactive", "--load", box.write("save.lisp", SAVE))
    box.run(str(box.folder / "saved"))
