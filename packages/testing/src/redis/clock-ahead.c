/*
 * Loaded ahead of the C library: a program's wall clock is CLOCK_AHEAD_MS ahead, its monotonic clock is left alone.
 * Asks the kernel directly, so that it needs nothing that is not set up yet when a memory allocator asks for the time.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void ahead(struct timespec *at) {
  const char *ms = getenv("CLOCK_AHEAD_MS");
  long long ns = at->tv_nsec + (ms ? atoll(ms) : 0) % 1000 * 1000000;
  at->tv_sec += (ms ? atoll(ms) : 0) / 1000 + ns / 1000000000;
  at->tv_nsec = ns % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  int result = syscall(SYS_clock_gettime, clock, at);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) ahead(at);
  return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
