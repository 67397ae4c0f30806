/*
 * The lease: a majority-acknowledged write that read the log to its head, and a wait of L from the majority's proof.
 *
 * Three configured nodes; 0 is the primary. Three times a replica may be promoted; the old primary lives on as a zombie with the
 * replicas it still has, steps down or dies, and the others move over one by one. Replication is ordered and asynchronous: a
 * replica that has a write has all its primary had before it. A member M decides from memory. It starts with a lease,
 * fences on any node that takes writes, and each part of a fence may take any time: sent, executed, acknowledged by a
 * replica, received. A revoker R writes the event on any primary and sends a WAIT behind it, which proves it; if that comes to
 * nothing it repeats the change, which writes the head again, or fences. Then it waits L(1+rho)+eps.
 * Time is unbounded: L is two ticks, a wait one more.
 *
 * Property: at every accept, the receipt is not `enforced`.
 * Assumption: the event is proven on the newest primary, and no node without it is promoted after that. What failover loses is
 * the matter of epoch.pml.
 * Wrong variants:
 *   RECEIVE_TIME      the lease counts from the answer
 *   WAIT_FROM_COMMIT  the wait counts from the write, not from the majority's acknowledgement
 *   READ_AS_PROOF     any answer proves: PING, GET, XREAD
 *   REPEAT_UNWRITTEN  a change that is found made already writes nothing: the WAIT behind it vouches for an earlier write
 *   OTHER_SOCKET      the WAIT goes over another socket, which may lead to another node
 *   SOCKET_SURVIVES   a WAIT is answered though its node stepped down and was promoted again since the write
 *   HEAD_NOT_READ     a lease though the entries up to the head were not applied
 *   UNCOUNTED_NODE    a replica nobody configured: two disjoint pairs are each a majority, and after a failover neither primary
 *                     has more replicas attached than configured. So the number of nodes is an assumption, not a check
 * REACH_ACCEPT, REACH_ENFORCED: an accept after a failover, and a receipt, are reached.
 */
#define L 2
#define PROMOTIONS 3
#define TERM (L + 1)      /* a lease of L ends with this tick after its start; so does a wait begun at the same time */

#ifdef UNCOUNTED_NODE
#define NODES 4           /* three are configured */
#else
#define NODES 3
#endif
#define NOBODY 7
#define NONE 7

bool primary[NODES];
byte follows[NODES];      /* whose replica it is */
bool event[NODES];        /* the log has it */
byte newest = 0;
byte promotions = 0;

bool knows = false;       /* M has applied the event */
byte lease = TERM;

mtype = { idle, made, proven, enforced };
mtype receipt = idle;
byte wait = 0;

/* A fence under way: of M, and of R. */
typedef Fence {
  byte node;              /* NONE: none under way */
  bool executed;
  bool miscounted;        /* more replicas attached than configured */
  bool sawEvent;
  bool acknowledged;
  byte left               /* of a lease counted from the sending */
};
Fence mine, its;

inline lower(timer) { if :: timer > 0 -> timer-- :: else fi }

proctype Time() {
  do
  :: d_step { lower(lease); lower(wait); lower(mine.left) }
  od
}

#define LOSES(n) ((its.acknowledged || receipt == proven || receipt == enforced) && !event[n])

inline clear(fence) {
  fence.node = NONE; fence.executed = false; fence.miscounted = false; fence.sawEvent = false; fence.acknowledged = false; fence.left = 0
}

/* A primary that steps down ends the WAITs it has not answered, and its clients' sockets. */
inline hangUp(n) {
#ifndef SOCKET_SURVIVES
  if :: mine.node == n -> clear(mine) :: else fi;
  if :: its.node == n -> clear(its) :: else fi;
#endif
  skip
}

inline promote(r) {
  primary[r] = true; follows[r] = NOBODY; newest = r; promotions++
}

inline any(n) {
  if
  :: n = 0 :: n = 1 :: n = 2
#if NODES == 4
  :: n = 3
#endif
  fi
}

proctype Redis() {
  byte n;
  do
  :: atomic {
       any(n);
       if
       :: follows[n] != NOBODY && primary[follows[n]] && !event[n] -> event[n] = event[follows[n]]
       :: follows[n] != NOBODY && promotions < PROMOTIONS && !LOSES(n) -> promote(n)
       :: n != newest && follows[n] != newest ->
          hangUp(n); primary[n] = false; follows[n] = newest; event[n] = event[newest]    /* moves over, or steps down */
       :: n != newest && primary[n] -> hangUp(n); primary[n] = false                      /* dies */
       :: else
       fi;
       n = 0
     }
  od
}

#if NODES == 4
#define MISCOUNTED(n) ((follows[0] == n) + (follows[1] == n) + (follows[2] == n) + (follows[3] == n) > 2)
#else
#define MISCOUNTED(n) false
#endif

inline execute(fence) { fence.executed = true; fence.miscounted = MISCOUNTED(fence.node); fence.sawEvent = event[fence.node] }

/* A replica has the fence's write, so it has what the log had before it. */
inline replicate(fence, r) { event[r] = event[r] || fence.sawEvent; fence.acknowledged = true }

#ifdef READ_AS_PROOF
#define ACKNOWLEDGES(fence, r) (fence.node != NONE && fence.executed && !fence.acknowledged)
#else
#ifdef OTHER_SOCKET
#define ACKNOWLEDGES(fence, r) (fence.node != NONE && fence.executed && !fence.acknowledged && follows[r] != NOBODY && primary[follows[r]])
#else
#define ACKNOWLEDGES(fence, r) (fence.node != NONE && fence.executed && !fence.acknowledged && follows[r] == fence.node && primary[fence.node])
#endif
#endif

inline receive() {
#ifdef HEAD_NOT_READ
  if :: mine.sawEvent -> knows = true :: skip fi;
#else
  knows = knows || mine.sawEvent;
#endif
  if
#ifdef RECEIVE_TIME
  :: mine.acknowledged && !mine.miscounted -> lease = TERM
#else
  :: mine.acknowledged && !mine.miscounted && mine.left > lease -> lease = mine.left
#endif
  :: else
  fi;
  clear(mine)
}

proctype Member() {
  byte n;
  do
  :: atomic {
       any(n);
       if
       :: mine.node == NONE && !knows && primary[n] -> mine.node = n; mine.left = TERM
       :: mine.node == n && !mine.executed && primary[n] -> execute(mine)
#if defined(READ_AS_PROOF) || defined(OTHER_SOCKET)
       :: ACKNOWLEDGES(mine, n) -> mine.acknowledged = true
#else
       :: ACKNOWLEDGES(mine, n) -> replicate(mine, n)
#endif
       :: mine.node == n && mine.executed -> receive()
       :: mine.node == n -> clear(mine)                  /* the socket broke */
       :: lease > 0 && !knows ->
          assert(receipt != enforced);
#ifdef REACH_ACCEPT
          assert(!(promotions == PROMOTIONS && receipt == proven));
#endif
          skip
       :: else
       fi;
       n = 0
     }
  od
}

proctype Revoker() {
  byte n;
  do
  :: atomic {
       any(n);
       if
       :: receipt == idle && primary[n] ->
          event[n] = true; receipt = made;
#ifdef WAIT_FROM_COMMIT
          wait = TERM;
#endif
          its.node = n; execute(its)                        /* the WAIT behind it */
       :: receipt == made && its.node == NONE && primary[n] && event[n] ->
          its.node = n; execute(its);                       /* a fence, or the change again */
#ifdef REPEAT_UNWRITTEN
          its.acknowledged = true;
#endif
          skip
       :: its.node == newest && ACKNOWLEDGES(its, n) -> replicate(its, n)
       :: receipt == made && its.node == n && its.acknowledged && !its.miscounted ->
          receipt = proven; clear(its);
#ifndef WAIT_FROM_COMMIT
          wait = TERM;
#endif
          skip
       :: its.node == n -> clear(its)
       :: receipt == proven && wait == 0 ->
          receipt = enforced;
#ifdef REACH_ENFORCED
          assert(promotions < PROMOTIONS);
#endif
          skip
       :: else
       fi;
       n = 0
     }
  od
}

init {
  atomic {
    primary[0] = true; follows[0] = NOBODY;
#if NODES == 4
    follows[3] = 0;
#endif
    clear(mine); clear(its);
    run Time(); run Redis(); run Member(); run Revoker()
  }
}
