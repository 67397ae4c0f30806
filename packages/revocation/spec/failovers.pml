/*
 * Two failovers in a row: epochs that count alike, and what a driver's "I have re-asserted" is about.
 *
 * The event is enforced; the session must never be accepted again. The data is that of the current primary; `behind` is the
 * copy that the next failover brings, any earlier one of it. Two failovers, at any moment: the second may find a copy that
 * never heard of the first one's epoch, so that the same counter is given out twice. Drivers D0, which holds the event, and
 * D1, which has not heard of it, both alive and long members: the barrier goes up when both have re-asserted. Any of the
 * three, among them a service S with an empty cache, may open. Leases and time are left out: nobody here may give up on a
 * driver, and S decides whenever it has adopted an epoch and filled its cache under it.
 *
 * Property: S never accepts.
 * Wrong variants:
 *   REPAIRED_BY_COUNTER  a driver says and remembers under which counter it re-asserted, not under which epoch
 *   REPAIRED_ONCE        having re-asserted once it does not do so again
 * REACH_LIFTED, REACH_ALIKE: a barrier is lifted after the second failover; a counter is given out twice.
 */
#define FAILOVERS 2
#define EPOCHS 6       /* more than are ever opened */

#define D0 0
#define D1 1
#define S 2

typedef Data {
  byte counter;
  byte random;
  bool own;
  bool event;
  byte repaired[2];   /* the drivers' records: under which epoch they have re-asserted, by its random */
  byte barrier        /* the epoch whose barrier is up, by its random */
};
Data now_, behind;

byte failovers = 0;
byte randoms = 1;
byte repaired[2];     /* the drivers' memory of the same */
byte heldCounter[3];  /* the adopted epoch */
byte heldRandom[3];
bool cached = false;

inline copy(from, to) {
  to.counter = from.counter; to.random = from.random; to.own = from.own; to.event = from.event;
  to.repaired[D0] = from.repaired[D0]; to.repaired[D1] = from.repaired[D1]; to.barrier = from.barrier
}

proctype Redis() {
end:
  do
  :: d_step { failovers < FAILOVERS -> copy(now_, behind) }
  :: d_step { failovers < FAILOVERS -> copy(behind, now_); now_.own = false; failovers++ }
  od
}

#if defined(REPAIRED_ONCE)
#define REPAIR_STAMP 1
#elif defined(REPAIRED_BY_COUNTER)
#define REPAIR_STAMP (now_.counter)
#else
#define REPAIR_STAMP (now_.random)
#endif
#define HOLDS_OTHER(m) (heldCounter[m] > now_.counter || (heldCounter[m] == now_.counter && heldRandom[m] != now_.random))
#define HOLDS_OLDER(m) (heldCounter[m] < now_.counter)
#define MUST_OPEN(m) (!now_.own || HOLDS_OTHER(m))
#define IS_UP (now_.barrier == now_.random)

inline open(m) {
#ifdef REACH_ALIKE
  assert(!(heldCounter[m] <= now_.counter && now_.counter + 1 == 2 && randoms > 1));
#endif
  now_.counter = (heldCounter[m] > now_.counter -> heldCounter[m] : now_.counter) + 1;
  randoms++;
  now_.random = randoms; now_.own = true
}

inline adopt(m) {
  heldCounter[m] = now_.counter; heldRandom[m] = now_.random;
  if :: m == S -> cached = false :: else fi
}

proctype Driver(byte d; bool holds) {
end:
  do
  :: atomic { MUST_OPEN(d) && randoms < EPOCHS -> open(d) }
  :: atomic { now_.own && now_.counter > 1 && repaired[d] != REPAIR_STAMP ->
       now_.event = now_.event || holds;
       repaired[d] = REPAIR_STAMP
     }
  :: atomic { now_.own && now_.counter > 1 && repaired[d] == REPAIR_STAMP && now_.repaired[d] != REPAIR_STAMP ->
       now_.repaired[d] = REPAIR_STAMP                                  /* the next fence's record */
     }
  :: atomic { now_.own && !IS_UP && now_.repaired[D0] == REPAIR_STAMP && now_.repaired[D1] == REPAIR_STAMP ->
       now_.barrier = now_.random;
#ifdef REACH_LIFTED
       assert(failovers < 2);
#endif
       skip
     }
  :: atomic { now_.own && IS_UP && HOLDS_OLDER(d) -> adopt(d) }
  od
}

proctype Service() {
end:
  do
  :: atomic { MUST_OPEN(S) && randoms < EPOCHS -> open(S) }
  :: atomic { now_.own && IS_UP && HOLDS_OLDER(S) -> adopt(S) }
  :: atomic { now_.own && !now_.event && heldCounter[S] == now_.counter && heldRandom[S] == now_.random -> cached = true }
  :: atomic { cached -> assert(false) }
  od
}

init {
  atomic {
    /* The copy that lags has epoch 1 and not the event; whoever held it has applied it. */
    now_.counter = 1; now_.random = 1; now_.own = true; now_.event = true; now_.barrier = 1;
    behind.counter = 1; behind.random = 1; behind.own = true; behind.barrier = 1;
    heldCounter[D0] = 1; heldRandom[D0] = 1; heldCounter[D1] = 1; heldRandom[D1] = 1;
    run Redis(); run Driver(D0, true); run Driver(D1, false); run Service()
  }
}
