/*
 * Who has to acknowledge: members that join, leave, fall silent, wake up, are removed; two events; receipts by acknowledgement.
 *
 * One server and one settled epoch. A log of two entries; entry k ends session k. Members A and B start at any moment. A fence
 * is executed (it writes the record with the position applied so far, and reads the log to its head) and received after any
 * time, but for a lease within the tick (lease.pml has the rest); hints come lost, late, out of order. A member that acts no more is one that died; one that acts again after
 * its lease was paused. Whoever watched a record stand still for L(1+rho)+eps removes it by compare-and-delete; a member may
 * leave. The list of members is read in the step that writes the entry, or by a fence at any moment after it. The revoker has the
 * proof at any later moment, and from there waits for each of the list to acknowledge, to be gone, or for L(1+rho)+eps. Time is unbounded: L is one tick, a wait one more.
 *
 * Property: at every accept of session k, the receipt of entry k is not `enforced`.
 * Wrong variants:
 *   ACK_OVER_GAP       a hint moves the position though an entry before it is missing
 *   ACK_ON_READ        the server notes what it handed out as acknowledged
 *   WALL_CLOCK         a record is removed once its time of writing is L ago by the remover's wall clock, which may be ahead
 *   SHORT_WATCH        a record is removed after less than L
 *   BLIND_DELETE       a record is removed without comparing its value
 *   JOIN_AFTER_READ    a member reads the log first and writes its record later
 *   LEAVE_AND_SERVE    who has left goes on serving until its lease ends
 *   LIST_FROM_BEFORE   the list of members is one read before the event was written
 * REACH_ACKNOWLEDGED, REACH_WAITED, REACH_ACCEPT: both receipts by acknowledgement of two members, a receipt by waiting for a
 * member that is still there, and an accept of session 2 after the receipt of entry 1, are reached.
 */
#define TERM 2
#define A 0
#define B 1
#define EVENTS 2

byte head = 0;
bool record[2];
byte ack[2];

typedef Member {
  bool gone;
  byte lease;
  byte applied;
  bool missed;             /* entry 1, though the position is past it */
  bool heard;              /* of entry 2 without entry 1: the floor of session 2 is raised, the position stays */
  bool underway;           /* a fence, executed and not received, */
  bool fresh;              /* in this tick; */
  byte upTo                /* it read the log so far */
};
Member member[2];

typedef Watch { bool on; byte left };
Watch watch[2];            /* of a record that was not written since */
bool doomed[2];            /* BLIND_DELETE: was found standing still */

mtype = { idle, proven, enforced };
typedef Revocation { mtype receipt = idle; byte wait; bool list[2] };
Revocation revocation[EVENTS + 1];

inline lower(timer) { if :: timer > 0 -> timer-- :: else fi }

proctype Time() {
  do
  :: d_step {
       lower(member[A].lease); lower(member[B].lease); member[A].fresh = false; member[B].fresh = false;
       lower(watch[A].left); lower(watch[B].left); lower(revocation[1].wait); lower(revocation[2].wait)
     }
  od
}

inline unwatch(m) { watch[m].on = false; watch[m].left = 0 }
inline write(m) { record[m] = true; unwatch(m) }

inline execute(m) {
  member[m].underway = true; member[m].fresh = true; member[m].upTo = head;
#ifdef JOIN_AFTER_READ
  if :: record[m] -> write(m) :: else fi;
#else
  write(m);
#endif
#ifdef ACK_ON_READ
  ack[m] = head
#else
  ack[m] = member[m].applied
#endif
}

inline apply(m, k) {
  if :: k > member[m].applied -> member[m].applied = k; member[m].heard = false :: else fi
}

inline receive(m) {
  apply(m, member[m].upTo);
  if :: member[m].fresh -> member[m].lease = TERM :: else fi;
  drop(m)
}

inline drop(m) { member[m].underway = false; member[m].fresh = false; member[m].upTo = 0 }

inline hear(m, k) {
#ifdef ACK_OVER_GAP
  if :: k == 2 && member[m].applied == 0 -> member[m].missed = true :: else fi;
  apply(m, k)
#else
  if
  :: k == member[m].applied + 1 -> apply(m, k)
  :: k > member[m].applied + 1 -> member[m].heard = true
  :: else
  fi
#endif
}

inline leave(m) {
  record[m] = false; ack[m] = 0; unwatch(m); drop(m);
  member[m].gone = true;
#ifndef LEAVE_AND_SERVE
  member[m].lease = 0; member[m].applied = 0; member[m].heard = false
#endif
}

#define BELIEVES_1(m) (member[m].applied < 1 || member[m].missed)
#define BELIEVES_2(m) (member[m].applied < 2 && !member[m].heard)

proctype Following(byte m) {
  byte k;
  do
  :: atomic { !member[m].gone && !member[m].underway -> execute(m) }
  :: atomic { member[m].underway -> receive(m) }
  :: atomic { head > 0 && member[m].lease > 0 -> if :: k = 1 :: k = head fi; hear(m, k); k = 0 }
  :: atomic { !member[m].gone && record[m] && member[m].applied > ack[m] -> ack[m] = member[m].applied; write(m) }
#ifdef JOIN_AFTER_READ
  :: atomic { !member[m].gone && !record[m] && member[m].lease > 0 -> write(m) }
#endif
  :: atomic { !member[m].gone && record[m] -> leave(m) }
  :: atomic { member[m].lease > 0 && BELIEVES_1(m) -> assert(revocation[1].receipt != enforced) }
  :: atomic { member[m].lease > 0 && BELIEVES_2(m) ->
       assert(revocation[2].receipt != enforced);
#ifdef REACH_ACCEPT
       assert(revocation[1].receipt != enforced);
#endif
       skip
     }
  od
}

#ifdef WALL_CLOCK
#define STANDS_STILL(m) true
#elif defined(SHORT_WATCH)
#define STANDS_STILL(m) (watch[m].left < TERM)
#else
#define STANDS_STILL(m) (watch[m].left == 0)
#endif

inline remove(m) { record[m] = false; ack[m] = 0; unwatch(m); doomed[m] = false }

proctype Watching(byte m) {
  do
  :: atomic { record[m] && !watch[m].on -> watch[m].on = true; watch[m].left = TERM }
#ifdef BLIND_DELETE
  :: atomic { watch[m].on && !doomed[m] && STANDS_STILL(m) -> doomed[m] = true }
  :: atomic { doomed[m] -> remove(m) }
#else
  :: atomic { watch[m].on && STANDS_STILL(m) -> remove(m) }
#endif
  od
}

#define IS_DONE(k, m) (!revocation[k].list[m] || !record[m] || ack[m] >= k)

inline listFor(k) { revocation[k].list[A] = record[A]; revocation[k].list[B] = record[B] }

inline prove(k) {
  revocation[k].receipt = proven; revocation[k].wait = TERM;
#ifndef LIST_FROM_BEFORE
  if
  :: skip                                                   /* by the change's own reply */
  :: listFor(k)                                             /* by a fence */
  fi
#endif
}

inline enforce(k) {
#ifdef REACH_ACKNOWLEDGED
  assert(!(k == 2 && revocation[2].list[A] && revocation[2].list[B] && ack[A] == 2 && ack[B] == 2));
#endif
#ifdef REACH_WAITED
  assert(!(revocation[k].list[A] && record[A] && ack[A] < k));
#endif
  revocation[k].receipt = enforced; revocation[k].wait = 0; revocation[k].list[A] = false; revocation[k].list[B] = false
}

proctype Revoker() {
  byte k;
  do
#ifndef LIST_FROM_BEFORE
  :: atomic { head < EVENTS -> head++; listFor(head) }
#else
  :: atomic { head < EVENTS -> head++ }
  :: atomic { head == 0 -> listFor(1) }
  :: atomic { head == 1 -> listFor(2) }
#endif
  :: atomic {
       head > 0 -> if :: k = 1 :: k = 2 fi;
       if
       :: k <= head && revocation[k].receipt == idle -> prove(k)
       :: revocation[k].receipt == proven && (revocation[k].wait == 0 || (IS_DONE(k, A) && IS_DONE(k, B))) -> enforce(k)
       :: else
       fi;
       k = 0
     }
  od
}

init {
  atomic {
    run Time(); run Following(A); run Following(B); run Watching(A); run Watching(B); run Revoker()
  }
}
