# SPDX-License-Identifier: Apache-2.0
"""Mono: a C# program compiled and run, with threads, garbage, reflection, and a call into libc."""

from box import find_program

PACKAGES = ["mono-runtime", "mono-mcs"]
EXCEPTIONS = ["mono"]
TOLD = {"observe": ["mono-sgen exec-gain"]}
PROGRAMS = ["mono"]
EXPECTED = ["primes 9592", "threads 20000200000", "emitted 42", "libc 7", "caught DivideByZeroException"]
SOURCE = """
using System;
using System.Linq;
using System.Reflection.Emit;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

static class Work {
  [DllImport("libc.so.6")] static extern int abs(int number);

  static void Main() {
    Console.WriteLine("primes " + Enumerable.Range(2, 99999).Count(n =>
      Enumerable.Range(2, (int)Math.Sqrt(n)).TakeWhile(d => d * d <= n).All(d => n % d != 0)));
    var tasks = Enumerable.Range(0, 4).Select(_ => Task.Run(() => {
      long sum = 0;
      for (int i = 1; i <= 100000; ++i) sum += i;
      return sum;
    })).ToArray();
    Console.WriteLine("threads " + tasks.Sum(task => task.Result));
    var method = new DynamicMethod("emitted", typeof(int), Type.EmptyTypes);
    var code = method.GetILGenerator();
    code.Emit(OpCodes.Ldc_I4, 42);
    code.Emit(OpCodes.Ret);
    Console.WriteLine("emitted " + ((Func<int>)method.CreateDelegate(typeof(Func<int>)))());
    Console.WriteLine("libc " + abs(-7));
    try { Console.WriteLine(1 / (tasks.Length - 4)); }
    catch (DivideByZeroException) { Console.WriteLine("caught DivideByZeroException"); }
    for (int i = 0; i < 100000; ++i) GC.KeepAlive(new byte[1000]);
  }
}
"""


def run(box):
    box.run(find_program("mcs"), "-out:work.exe", box.write("work.cs", SOURCE))
    box.run(find_program("mono"), "work.exe")
