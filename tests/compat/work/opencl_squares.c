// SPDX-License-Identifier: Apache-2.0
// Has the first OpenCL driver compile a kernel and square a thousand numbers by it. The functions
// are declared as OpenCL 1.2 does, so that no headers are needed.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Object* Object;
int clGetPlatformIDs(unsigned, Object*, unsigned*);
int clGetPlatformInfo(Object, unsigned, size_t, void*, size_t*);
int clGetDeviceIDs(Object, uint64_t, unsigned, Object*, unsigned*);
Object clCreateContext(const intptr_t*, unsigned, const Object*, void*, void*, int*);
Object clCreateCommandQueue(Object, Object, uint64_t, int*);
Object clCreateProgramWithSource(Object, unsigned, const char**, const size_t*, int*);
int clBuildProgram(Object, unsigned, const Object*, const char*, void*, void*);
Object clCreateKernel(Object, const char*, int*);
Object clCreateBuffer(Object, uint64_t, size_t, void*, int*);
int clSetKernelArg(Object, unsigned, size_t, const void*);
int clEnqueueNDRangeKernel(Object, Object, unsigned, const size_t*, const size_t*, const size_t*,
                           unsigned, const void*, void*);
int clEnqueueReadBuffer(Object, Object, unsigned, size_t, size_t, void*, unsigned, const void*,
                        void*);

enum { platform_name = 0x0902, all_devices = -1, write_only = 2, count = 1024 };

static void check(int error, const char* what) {
  if (error != 0) {
    printf("%s: %d\n", what, error);
    exit(1);
  }
}

int main(void) {
  const char* source =
      "__kernel void square(__global int* out) { int i = get_global_id(0); out[i] = i * i; }";
  Object platform, device;
  char name[100];
  int error;
  check(clGetPlatformIDs(1, &platform, NULL), "platform");
  check(clGetPlatformInfo(platform, platform_name, sizeof name, name, NULL), "name");
  printf("platform %s\n", name);
  check(clGetDeviceIDs(platform, (uint32_t)all_devices, 1, &device, NULL), "device");
  Object context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
  check(error, "context");
  Object queue = clCreateCommandQueue(context, device, 0, &error);
  check(error, "queue");
  Object program = clCreateProgramWithSource(context, 1, &source, NULL, &error);
  check(clBuildProgram(program, 1, &device, "", NULL, NULL), "build");
  Object kernel = clCreateKernel(program, "square", &error);
  check(error, "kernel");
  static int squares[count];
  Object buffer = clCreateBuffer(context, write_only, sizeof squares, NULL, &error);
  check(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), "argument");
  const size_t size = count;
  check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL), "run");
  check(clEnqueueReadBuffer(queue, buffer, 1, 0, sizeof squares, squares, 0, NULL, NULL), "read");
  long sum = 0;
  for (int i = 0; i < count; ++i)
    sum += squares[i];
  printf("sum of squares %ld\n", sum);
  return 0;
}
