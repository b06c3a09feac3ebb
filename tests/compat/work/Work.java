// SPDX-License-Identifier: Apache-2.0
// Work for the java scenario: threads, zip, mapped files, and code that gets hot enough for both of
// HotSpot's compilers.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

public final class Work {
  private static long collatzSteps(long start) {
    long steps = 0;
    for (long number = start; number != 1; steps++) {
      number = number % 2 == 0 ? number / 2 : 3 * number + 1;
    }
    return steps;
  }

  private static long longestCollatz(long limit) {
    return LongStream.range(1, limit).parallel().map(Work::collatzSteps).max().getAsLong();
  }

  private static int threads() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    List<Future<Integer>> parts = new ArrayList<>();
    for (int part = 0; part < 50; part++) {
      final int number = part;
      parts.add(pool.submit(() -> number * number));
    }
    int sum = 0;
    for (Future<Integer> part : parts) sum += part.get();
    pool.shutdown();
    return sum;
  }

  private static long zipAndBack(byte[] text) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("text"));
      zip.write(text);
    }
    CRC32 sum = new CRC32();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      zip.getNextEntry();
      sum.update(zip.readAllBytes());
    }
    return sum.getValue();
  }

  private static int mapped(byte[] text) throws Exception {
    Path path = Path.of("mapped");
    Files.write(path, text);
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer memory = file.map(FileChannel.MapMode.READ_WRITE, 0, text.length);
      memory.put(0, (byte) 'Z');
      memory.force();
    }
    return Files.readAllBytes(path)[0];
  }

  public static void main(String[] arguments) throws Exception {
    byte[] text = "a line of text\n".repeat(50000).getBytes();
    System.out.println("collatz " + longestCollatz(300000));
    System.out.println("threads " + threads());
    System.out.println("zip " + Long.toHexString(zipAndBack(text)));
    System.out.println("mapped " + mapped(text));
    List<byte[]> garbage = new ArrayList<>();
    for (int round = 0; round < 20000; round++) {
      garbage.add(new byte[10000]);
      if (garbage.size() > 100) garbage.clear();
    }
    System.gc();
    System.out.println("collected");
  }
}
