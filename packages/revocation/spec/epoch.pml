/*
 * A history that lost its tail: epoch, identity, barrier, repair, and which receipts may be trusted meanwhile.
 *
 * Server 0 is the primary. Server 1 is a replica that lags: a copy of 0 taken at any moment (replication is ordered, so each
 * prefix is one), or the same node's older file. One fault, at any moment, puts 1 in charge under a new identity:
 *   promoted  another node; 0 lives on as a zombie and keeps the majority until the other replica leaves it, or dies
 *   rolled    0 restarts in place with an older file: another run id
 *   again     0 stepped down, was synchronised without the tail, is promoted again: same run id, other replication id
 * Three members start at any moment, use any server that takes writes, and may be slow without bound:
 *   R a driver (gateway) that revokes the session. D another driver: acknowledges, repairs, lifts the barrier.
 *   S a service: acknowledges and decides. What D could accept, S could; what R could lift, D could: neither does here.
 * A fence is one step, since a late answer only shortens a lease; lease.pml has its parts. Time is unbounded: timers count
 * down and a tick lowers them all. L is one tick; a wait is one more, for rho and epsilon.
 *
 * Property: at every accept, the receipt is not `enforced`. With -DG1: nothing is accepted once L(1+rho)+eps has passed since
 * the revocation was proven, whatever its receipt.
 * Assumption (fault budget): no barrier goes up by time alone before a holder of a proven event has re-asserted it; with -DG1
 * none goes up at all before that.
 * Wrong variants:
 *   NO_IDENTITY           a server's file rolled back in place is not noticed
 *   RUN_ID_ONLY           nor is a node that stepped down and is promoted again
 *   LEASE_BEFORE_BARRIER  a lease under the new epoch before its barrier is up
 *   ADOPT_BEFORE_BARRIER  the new epoch adopted, and its fills admitted, under the lease of the old
 *   OLD_EPOCH_AFTER_NEW   who has re-asserted under the new epoch still acknowledges and revokes under the old
 *   NEWCOMER_LIFTS        all known drivers have re-asserted, says one that held no lease under the old epoch
 *   ONCE_SERVED_LIFTS     the same, by one that served under the old epoch, or knows one that did, however long ago
 *   NO_LAST_LOOK          `enforced` by time without a proven fence, sent after the wait, that shows the same epoch
 *   NO_REASSERTION        nobody re-asserts
 *   SILENCE_FROM_OPEN     silence counted from the opening of the epoch, not from the majority's acknowledgement
 *   ACKS_BEFORE_SETTLED   acknowledgements of a list that may have lost its tail
 *   ACKS_OF_ANY_EPOCH     an acknowledgement under the old epoch counted under the new
 *   LEFT_OF_ANY_EPOCH     a member that is missing in the list of another epoch taken to have left
 *   LEFT_MARK_SETTLES     the mark of the last one to leave settles the new epoch instead of only lifting its barrier
 *   LEFT_MARK_VOLATILE    receipts before the mark's removal is on every configured node
 * REACH_ACCEPT, REACH_ENFORCED=1 and =2: an accept under the new epoch and a receipt under either are reached.
 */
#define RUNNING 2   /* a lease just granted ends with the second tick, as does a wait just begun */

#define R 0
#define D 1
#define S 2

#define DOWN 0
#define DONE 1
#define SETTLED 2

typedef Server {
  bool primary;
  byte epoch;
  bool own;           /* the stored identity is the server's own */
  bool event;         /* the log has it, and the session is deleted */
  bool record[3];     /* who is a member */
  bool ack[3];        /* who has acknowledged the event under this epoch */
  bool reasserted[2];
  byte barrier;
  bool left           /* the mark of the last member to leave names exactly this head */
};

typedef Member {
  byte epoch;         /* the adopted one; 0 none */
  byte newest;        /* the highest one seen */
  byte lease;
  bool knows;         /* has applied the event under the adopted epoch */
  bool holds;         /* keeps it, whatever the epoch, for repair */
  bool cached         /* the session, checked under the adopted epoch */
};

Server server[2];
Member member[3];
byte majority = 0;    /* the server whose writes a majority acknowledges */
bool failed = false;
bool markGone = false;/* that somebody joined after the mark is on every configured node */

bool remembersR = false;  /* D's memory of the drivers */
bool watches = false;     /* D has had a proven fence under the new epoch, and counts the drivers' silence from there */
byte silence = 0;

mtype = { idle, made, proven, enforced };
mtype receipt = idle;
byte provenEpoch = 0;
byte wait = 0;
byte due = 0;         /* since the first proof */
bool list[3];         /* the members when it was proven */
bool trusted = false;  /* whether nobody can be missing in it */

inline lower(timer) { if :: timer > 0 -> timer-- :: else fi }

proctype Time() {
  do
  :: d_step { lower(member[D].lease); lower(member[S].lease); lower(silence); lower(wait); lower(due) }
  od
}

inline replicate() {
  server[1].event = server[0].event;
  server[1].record[R] = server[0].record[R];
  server[1].record[D] = server[0].record[D];
  server[1].record[S] = server[0].record[S];
#ifdef ACKS_OF_ANY_EPOCH
  server[1].ack[D] = server[0].ack[D];
  server[1].ack[S] = server[0].ack[S];
#endif
  server[1].left = server[0].left;
  markGone = !server[0].left
}

inline retire() {
  majority = 1;
  server[0].primary = false; server[0].epoch = 0; server[0].own = false; server[0].event = false; server[0].left = false;
  server[0].record[R] = false; server[0].record[D] = false; server[0].record[S] = false;
  server[0].ack[D] = false; server[0].ack[S] = false; server[0].barrier = DOWN
}

#ifdef RUN_ID_ONLY
#define SEEMS_UNCHANGED true
#else
#define SEEMS_UNCHANGED false
#endif

proctype Redis() {
  do
  :: d_step { !failed -> replicate() }
  :: atomic { !failed ->
       failed = true; server[1].primary = true;
       if
#ifndef NO_IDENTITY
       :: server[1].own = false; if :: retire() :: skip fi         /* promoted */
       :: retire(); server[1].own = SEEMS_UNCHANGED     /* again */
       :: retire(); server[1].own = false                          /* rolled */
#else
       :: retire()                                                 /* rolled */
#endif
       fi
     }
  :: atomic { failed && majority == 0 -> if :: retire() :: majority = 1 fi }
  od
}

/* A higher epoch. What was acknowledged or re-asserted under another does not count under this one. */
inline open(m) {
  server[n].epoch = 2; server[n].own = true;
#ifdef LEFT_MARK_SETTLES
  server[n].barrier = (server[n].left -> SETTLED : DOWN);
#else
  server[n].barrier = (server[n].left -> DONE : DOWN);
#endif
#ifndef ACKS_OF_ANY_EPOCH
  server[n].ack[D] = false; server[n].ack[S] = false;
#endif
#ifdef SILENCE_FROM_OPEN
  if :: m == D -> watches = true; silence = RUNNING :: else fi;
#endif
  skip
}

#define PROVEN (majority == n)

inline adopt(m) {
  member[m].epoch = server[n].epoch; member[m].knows = server[n].event; member[m].cached = false
}

inline fence(m) {
  server[n].record[m] = true; server[n].left = false;
  member[m].newest = server[n].epoch;
  if
  :: m == D ->
     member[D].holds = member[D].holds || server[n].event;
     remembersR = remembersR || server[n].record[R];
#ifndef SILENCE_FROM_OPEN
     if :: PROVEN && server[n].epoch == 2 && !watches -> watches = true; silence = RUNNING :: else fi
#endif
  :: else
  fi;
  if
  :: server[n].epoch == member[m].epoch ->
     member[m].knows = member[m].knows || server[n].event;
     if :: PROVEN -> member[m].lease = RUNNING :: else fi
#ifdef ADOPT_BEFORE_BARRIER
  :: server[n].epoch > member[m].epoch && server[n].barrier == DOWN -> adopt(m)
#endif
#ifdef LEASE_BEFORE_BARRIER
  :: server[n].epoch > member[m].epoch && PROVEN ->
#else
  :: server[n].epoch > member[m].epoch && PROVEN && server[n].barrier != DOWN ->
#endif
     adopt(m); member[m].lease = RUNNING
  :: else
  fi
}

#define TAKES_WRITES server[n].primary
#define BROKEN(m) (server[n].epoch == member[m].epoch && member[m].knows && !server[n].event)
#define MUST_OPEN(m) (TAKES_WRITES && (!server[n].own || BROKEN(m)))
#define ANSWERS (TAKES_WRITES && server[n].own)
#ifdef OLD_EPOCH_AFTER_NEW
#define FOLLOWS(m) ANSWERS
#else
#define FOLLOWS(m) (ANSWERS && server[n].epoch >= member[m].newest) /* who has seen a newer epoch is done with the older */
#endif

#define MAY_ACKNOWLEDGE(m) (FOLLOWS(m) && member[m].knows && server[n].epoch == member[m].epoch)
#define MAY_FILL(m) (ANSWERS && !server[n].event && !member[m].knows && server[n].epoch == member[m].epoch)
#define MAY_ACCEPT(m) (member[m].lease > 0 && member[m].cached && !member[m].knows)

proctype Service() {
  byte n;
  do
  :: atomic {
       if :: n = 0 :: n = 1 fi;
       if
       :: MUST_OPEN(S) -> open(S)
       :: FOLLOWS(S) -> fence(S)
       :: MAY_ACKNOWLEDGE(S) -> server[n].ack[S] = true
       :: MAY_FILL(S) -> member[S].cached = true
       :: MAY_ACCEPT(S) ->
#ifdef G1
          assert(!(provenEpoch > 0 && due == 0));
#else
          assert(receipt != enforced);
#endif
#ifdef REACH_ACCEPT
          assert(member[S].epoch != 2);
#endif
          skip
       :: else
       fi;
       n = 0
     }
  od
}

#define MAY_REASSERT(m) (ANSWERS && server[n].epoch == 2 && member[m].newest == 2)
#define MAY_LIFT (ANSWERS && watches && server[n].reasserted[D])
#ifdef NO_REASSERTION
#define IN_BUDGET true
#else
#define IN_BUDGET (server[n].event || provenEpoch != 1)
#endif
#define DRIVERS_REASSERTED (server[n].reasserted[R] || !(server[n].record[R] || remembersR))
#if defined(NEWCOMER_LIFTS)
#define WAS_THERE true
#elif defined(ONCE_SERVED_LIFTS)
#define WAS_THERE (member[D].epoch == 1 || server[n].record[R] || remembersR)
#else
#define WAS_THERE (member[D].lease > 0 && member[D].epoch == 1)
#endif

#ifdef G1
#define EARLY_BUDGET IN_BUDGET
#else
#define EARLY_BUDGET true
#endif

inline reassert(m, held) {
#ifndef NO_REASSERTION
  server[n].event = server[n].event || held;
#endif
  server[n].reasserted[m] = true
}

proctype Driver() {
  byte n;
  do
  :: atomic {
       if :: n = 0 :: n = 1 fi;
       if
       :: MUST_OPEN(D) -> open(D)
       :: FOLLOWS(D) -> fence(D)
       :: FOLLOWS(D) && server[n].event && server[n].epoch == member[D].epoch -> /* a hint */
          member[D].knows = true; member[D].holds = true
       :: MAY_ACKNOWLEDGE(D) -> server[n].ack[D] = true
       :: MAY_REASSERT(D) -> reassert(D, member[D].holds)
       :: MAY_LIFT && silence == 0 && IN_BUDGET -> server[n].barrier = SETTLED
       :: MAY_LIFT && server[n].barrier == DOWN && WAS_THERE && DRIVERS_REASSERTED && EARLY_BUDGET -> server[n].barrier = DONE
       :: else
       fi;
       n = 0
     }
  od
}

#define PENDING (receipt == made || receipt == proven)
#define IS_DONE(m) (!list[m] || server[n].ack[m] || !server[n].record[m])
#ifdef ACKS_OF_ANY_EPOCH
#define SAME_EPOCH true
#else
#define SAME_EPOCH (server[n].epoch == provenEpoch)
#endif
#ifdef ACKS_BEFORE_SETTLED
#define TRUSTWORTHY true
#else
#define TRUSTWORTHY (server[n].barrier == SETTLED)
#endif

#ifdef LEFT_MARK_VOLATILE
#define MARK_GONE true
#else
#define MARK_GONE (n == 1 || markGone)
#endif

inline prove() {
  if
  :: PROVEN && MARK_GONE && server[n].event && (receipt == made || server[n].epoch > provenEpoch) ->
#ifdef G1
     if :: receipt == made -> due = RUNNING :: else fi;
#endif
     receipt = proven; provenEpoch = server[n].epoch; wait = RUNNING;
     list[D] = server[n].record[D]; list[S] = server[n].record[S]; trusted = TRUSTWORTHY
  :: PROVEN && receipt == proven && server[n].epoch == provenEpoch && wait == 0 -> enforce()
  :: else
  fi
}

inline enforce() {
#ifdef REACH_ENFORCED
  assert(provenEpoch != REACH_ENFORCED);
#endif
  receipt = enforced; wait = 0; trusted = false; list[D] = false; list[S] = false
}

proctype Revoker() {
  byte n;
  do
  :: atomic {
       if :: n = 0 :: n = 1 fi;
       if
       :: MUST_OPEN(R) -> open(R)
       :: FOLLOWS(R) -> fence(R); if :: PENDING -> prove() :: else fi
       :: FOLLOWS(R) && server[n].record[R] && receipt == idle ->
          server[n].event = true; member[R].holds = true; receipt = made;
          if :: prove() :: skip fi                                  /* by its own reply, or by a fence later */
       :: FOLLOWS(R) && receipt == proven && SAME_EPOCH && trusted && IS_DONE(D) && IS_DONE(S) -> enforce()
#ifdef LEFT_OF_ANY_EPOCH
       :: FOLLOWS(R) && receipt == proven && trusted -> /* the ones missing in this list are taken to have left */
          list[D] = list[D] && server[n].record[D]; list[S] = list[S] && server[n].record[S];
          if :: !list[D] && !list[S] -> enforce() :: else fi
#endif
       :: MAY_REASSERT(R) -> reassert(R, member[R].holds)
#ifdef NO_LAST_LOOK
       :: receipt == proven && wait == 0 -> enforce()
#endif
       :: else
       fi;
       n = 0;
       member[R].lease = 0; member[R].epoch = 0; member[R].knows = false
     }
  od
}

init {
  atomic {
    server[0].primary = true; server[0].epoch = 1; server[0].own = true; server[0].barrier = SETTLED; server[0].left = true;
    server[1].epoch = 1; server[1].own = true; server[1].barrier = SETTLED; server[1].left = true;
    run Time(); run Redis(); run Service(); run Driver(); run Revoker()
  }
}
