/*
 * What a decision rests on: the fill of a cache, floors, positions in contexts, a trimmed log.
 *
 * One log of EVENTS entries; one of them, E, ends the session, the others are about somebody else (and for claims: E changes
 * them, and the old version is what nobody may decide on). A gateway G loads the session from the truth and keeps it, and
 * signs contexts; a service S decides on a context that its holder shows whenever he likes. Both follow the log: hints come
 * lost, late, doubled and out of order; a fence reads on from the last entry applied. The log is trimmed at any moment. A
 * load and a signature take any time. A load may also be answered by a server with another history (a sticky socket): there
 * the session never ended, its entries have other nonces, its epoch is another or, by chance, has the same counter. The
 * holder starts with a context of an earlier epoch, of any seq.
 * Leases are left out: here G and S may always decide.
 *
 * Property: at every accept, not both G and S have acknowledged E.
 * Wrong variants:
 *   FILL_BY_SEQ         a fill is judged by its seq and the floors alone
 *   FILL_NONCE_IGNORED  the epoch's counter is compared, the nonce is not
 *   FILL_UNCHECKED      a fill is used without a look at the floors
 *   STAMP_AT_SIGNING    a context carries the position at which it was signed, not the one at which it was checked
 *   EPOCH_IGNORED       a context's seq is compared, its epoch is not
 *   TRIM_IGNORED        past a trimmed log one goes on at its head without raising everyone's floor
 *   FLOORS_FORGOTTEN    a floor is dropped to save memory, and everyone's not raised in its stead
 *   GAP_APPLIED         a hint after a gap moves the position
 * REACH_ACCEPT, REACH_ENFORCED, REACH_CONTEXT: a fill used after E was logged, both acknowledged after a trim, and a context
 * accepted that was checked under this epoch.
 */
#define EVENTS 3

byte head = 0;
byte E = 0;            /* its seq, once logged */
byte first = 1;        /* the oldest entry that is left */
bool trimmed = false;

#define G 0
#define S 1
typedef Follower {
  byte applied;        /* without a gap */
  byte floor;          /* of the session */
  byte everyone        /* of everyone */
};
Follower follower[2];

bool cached = false;   /* G has the session */
byte cachedAt = 0;     /* as read at this seq */

mtype = { nothing, underway, answered, foreignEpoch, foreignHistory };
mtype load = nothing;  /* answered here, or by another history */
byte loadedAt = 0;
bool loaded = false;   /* it found the session */

bool signing = false;
byte draftAt = 0;
bool thisEpoch = false;/* of the context that the holder has */
byte contextAt = 0;

#define ENFORCED (E > 0 && follower[G].applied >= E && follower[S].applied >= E)
#define STALE(m, at) (at < follower[m].floor || at < follower[m].everyone)

inline raise(mark, seq) { if :: seq > mark -> mark = seq :: else fi }

inline hear(m) {
  select(k : 1 .. EVENTS);
  if
  :: k <= head ->
     if :: k == E -> raise(follower[m].floor, k) :: else fi;
#ifdef GAP_APPLIED
     if :: k > follower[m].applied -> follower[m].applied = k :: else fi
#else
     if :: k == follower[m].applied + 1 -> follower[m].applied = k :: else fi
#endif
  :: else
  fi;
  k = 0
}

inline fence(m) {
  if
  :: follower[m].applied + 1 >= first -> if :: E > follower[m].applied -> raise(follower[m].floor, E) :: else fi
#ifdef TRIM_IGNORED
  :: else
#else
  :: else -> raise(follower[m].everyone, head)
#endif
  fi;
  follower[m].applied = head
}

inline forget(m) {
#ifndef FLOORS_FORGOTTEN
  raise(follower[m].everyone, follower[m].floor);
#endif
  follower[m].floor = 0
}

proctype Truth() {
  do
  :: atomic { head < EVENTS -> head++; if :: E == 0 -> E = head :: skip fi }
  :: atomic { first <= head -> first++; trimmed = true }
  :: atomic { load == underway -> load = answered; loadedAt = head; loaded = (E == 0) }
  :: atomic { load == underway ->
       if :: load = foreignEpoch :: load = foreignHistory fi;
       select(loadedAt : 0 .. EVENTS);
       loaded = true
     }
  od
}

#ifdef FILL_BY_SEQ
#define MINE true
#elif defined(FILL_NONCE_IGNORED)
#define MINE (load != foreignEpoch)
#else
#define MINE (load == answered)
#endif
#ifdef FILL_UNCHECKED
#define ADMITTED (MINE && loadedAt <= follower[G].applied)
#else
#define ADMITTED (MINE && loadedAt <= follower[G].applied && !STALE(G, loadedAt))
#endif

inline finishLoad() {
  if
  :: loaded && ADMITTED ->
     cached = true;
#ifdef FILL_UNCHECKED
     cachedAt = follower[G].applied
#else
     cachedAt = loadedAt
#endif
  :: else
  fi;
  load = nothing; loadedAt = 0; loaded = false
}

inline finishSigning() {
  thisEpoch = true;
#ifdef STAMP_AT_SIGNING
  contextAt = follower[G].applied;
#else
  contextAt = draftAt;
#endif
  signing = false; draftAt = 0
}

proctype Gateway() {
  byte k;
  do
  :: atomic { hear(G) }
  :: atomic { true -> fence(G) }
  :: atomic { follower[G].floor > 0 -> forget(G) }
  :: atomic { load == nothing -> load = underway }
  :: atomic { load != nothing && load != underway -> finishLoad() }
  :: atomic { cached && STALE(G, cachedAt) -> cached = false; cachedAt = 0 }
  :: atomic { cached && !STALE(G, cachedAt) ->
       assert(!ENFORCED);
#ifdef REACH_ACCEPT
       assert(E == 0 || cachedAt == 0);
#endif
       if :: !signing -> signing = true; draftAt = follower[G].applied :: else fi
     }
  :: atomic { signing -> finishSigning() }
  od
}

#ifdef EPOCH_IGNORED
#define CURRENT true
#else
#define CURRENT thisEpoch
#endif

proctype Service() {
  byte k;
  do
  :: atomic { hear(S) }
  :: atomic { true -> fence(S) }
  :: atomic { follower[S].floor > 0 -> forget(S) }
  :: atomic { CURRENT && !STALE(S, contextAt) ->
       assert(!ENFORCED);
#ifdef REACH_CONTEXT
       assert(!(thisEpoch && E > 0));
#endif
       skip
     }
#ifdef REACH_ENFORCED
  :: atomic { ENFORCED && trimmed -> assert(false) }
#endif
  od
}

init {
  atomic {
    select(contextAt : 0 .. EVENTS);
    run Truth(); run Gateway(); run Service()
  }
}
