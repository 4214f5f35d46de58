/*
 * rotation.pml - refresh-token rotation: client(s), lossy/reordering network, attacker, server.
 *
 *   VARIANT 0  STRICT     one-time tokens, no grace; any replay revokes the family
 *           1  SIBLING    inside the window a spent token mints a NEW, independent live leaf
 *                         (Hydra graceful, Auth0 leeway, Logto 3 s, convex-auth, Duende sample)
 *           2  LATEST     inside the window the direct parent mints a new leaf that DISPLACES the
 *                         current one, even if that one was already delivered (SuperTokens >= 12.1)
 *           3  PARENT     the direct parent always gets the CURRENT leaf back, at any time
 *                         (Supabase auth v1 exemption / v2 counterDifference == 1)
 *           4  COU        proposal: commit-on-use
 *                           window open              -> same successor (idempotent)
 *                           window closed, leaf never used -> re-issue: fresh leaf displaces the lost one
 *                           window closed, leaf used       -> reuse: revoke
 *                           leaf younger than C            -> keep: the same token again, no rotation
 *                           parent, an answer younger than C -> busy: try later, nothing changes
 *           5  COU-RT     as 4, but access-token use is invisible to the server (no confirmation)
 *           6  COU-KEY    as 4, plus a client-chosen attempt key on every refresh
 *           7  IDEMP      inside the window the direct parent gets the SAME successor; after it: revoke
 *                         (better-auth oauth-provider refreshTokenReuseInterval, thephpleague #1506)
 *   TABS     number of honest tabs sharing ONE cookie jar (1 or 2)
 *   ATTACK   0/1  attacker may steal whatever the jar holds, once, at any moment
 *   SYNCHRONY 1: assumptions A1 + A2. A1: C does not close while an honest exchange that carries the
 *                parent token is still in flight (C >= client timeout and server deadline).
 *                A2: access-token lifetime > C, so nobody refreshes a token younger than C.
 *   KILL     0/1  user logs out / password reset at any moment
 *   NTOK     number of token instances (bounds the run)
 *   STEPS    number of honest refresh rounds per tab
 */
#ifndef VARIANT
#define VARIANT 4
#endif
#ifndef TABS
#define TABS 1
#endif
#ifndef ATTACK
#define ATTACK 0
#endif
#ifndef SYNCHRONY
#define SYNCHRONY 1
#endif
#ifndef KILL
#define KILL 0
#endif
#ifndef SPLIT
#define SPLIT 0       /* 1: SELECT then UPDATE as two steps (what many libraries do) */
#endif
#ifndef NTOK
#define NTOK 7
#endif
#ifndef STEPS
#define STEPS 3
#endif
#ifndef ASTEPS
#define ASTEPS 4
#endif
#ifndef NOLOSS
#define NOLOSS 0      /* 1: perfect network (responses may still be reordered between tabs) */
#endif
#ifndef ZOMBIE
#define ZOMBIE 0      /* 1: one request the client gave up on may still be processed later */
#endif

#ifndef FIRST_DESIGN
#define FIRST_DESIGN 0 /* 1: variants 4 and 6 without `keep`, `busy` and the mild key rule: three ways to log an honest tab out */
#endif
#ifndef OWNKEYS
#define OWNKEYS 0     /* 1: every tab makes its own attempt keys (VARIANT 6)                    */
#endif
#ifndef EAGER
#define EAGER 0       /* 1: clients may refresh a token younger than C (claims went stale)      */
#endif
#ifndef LITERAL
#define LITERAL 0     /* 1: A1 taken literally: C closes when requests sent BEFORE the rotation are answered */
#endif

#ifndef TIMED
#define TIMED 0       /* 1: C and the age of the last answer end together unless a replay came between, as on a real
                         clock; without it they end apart, which covers more. Only for recording runs (traces.jsonl) */
#endif

#define NONE 255
#define BUSY 254       /* 503 + Retry-After: an answer may be under way; nothing changed         */
#define KEPT 253       /* 200 with the same refresh token: the leaf is young; the client's jar is not written */
#if (VARIANT == 4 || VARIANT == 6) && !FIRST_DESIGN
#define COU2 1
#else
#define COU2 0
#endif
#if OWNKEYS
#define KEY(id) (id+1)
#else
#define KEY(id) 1
#endif
#define CLI 1          /* party bits */
#define ATK 2

/* ---------- server ---------- */
byte tgen[NTOK];            /* generation of a token instance (authenticated by the MAC tag)    */
byte nt = 1;                /* next free instance                                               */
byte leaf = 0, parent = NONE, gen = 0;
bool confirmed = true;      /* the current leaf (RT or its AT) has been used                    */
bool win = false;           /* concurrency window C for the current leaf is open                */
bool revoked = false;       /* family revoked, reason = reuse                                   */
bool killed  = false;       /* family revoked, reason = logout / password reset                 */
byte keyOf = 0;             /* VARIANT 6: attempt key that produced the current leaf            */
bool ok = false;            /* scratch                                                        */
bool w0 = false;            /* scratch: was the window open when the request arrived     */
bool spent[NTOK];           /* VARIANT 1 only: token has been exchanged once                    */
bool wopen[NTOK];           /* VARIANT 1 only: its reuse window is open                         */

/* ---------- clients ---------- */
byte jar = 0;               /* the cookie jar: RT and AT of this instance                       */
bool loggedOut = false, zdone = false;
bool awin = false;          /* the last answer of this session (rotate, reissue, replay) is younger than C */
#if TIMED
bool replayed = false;      /* the last answer of this session is a replay, so it is younger than the leaf */
#endif
bool pre[3];                /* LITERAL: the exchange was under way when the window opened          */
bool ans[3];                /* an answer is under way to this tab                                  */
byte fl[3];                 /* token of an exchange in flight: tab 0, tab 1, zombie (NONE = nothing) */

/* ---------- attacker ---------- */
bool stolen = false;
bool known[NTOK];

/* ---------- ghosts ---------- */
byte got[NTOK];             /* parties that received this instance from a refresh               */
byte used[NTOK];            /* parties that used the access token of this instance              */
byte cogen = 0;             /* generations exercised by BOTH parties, joined outside the window */
bool offwin[NTOK];          /* a second party received this very instance after C had closed    */

#define DEAD (revoked || killed)

inline mint(g)   { nt < NTOK; tgen[nt] = g; nt++ }

/* reuse detected: with no attacker around this is a false positive = honest logout */
inline revoke()  {
    printf("server: REUSE -> family revoked\n");
#ifndef NOP1
    if
    :: !stolen -> printf("HONEST CLIENT LOGGED OUT\n"); assert(stolen)        /* P1 */
    :: else -> skip
    fi;
#endif
    revoked = true
}

inline openwin() { win = true; pre[0] = (fl[0] != NONE); pre[1] = (fl[1] != NONE); pre[2] = (fl[2] != NONE) }

inline rotate(key) {
    mint(gen + 1);
    parent = leaf; leaf = nt - 1; gen++;
    confirmed = false; keyOf = key; openwin()
#if TIMED
    ; replayed = false
#endif
}

/* one refresh request: token t, party p, attempt key k; result in r (NONE = 401) */
inline refresh(t, p, k, r) {
    printf("request: refresh(R%d) party %d key %d\n", t, p, k);
    r = NONE;
#if VARIANT == 1
    w0 = wopen[t];
#else
    w0 = win;
#endif
    if
    :: DEAD -> skip
    :: else ->
#if VARIANT == 1
        if
        :: !spent[t] -> mint(tgen[t] + 1); spent[t] = true; wopen[t] = true; r = nt - 1; printf("server: R%d -> R%d\n", t, r)
        :: spent[t] && wopen[t] -> mint(tgen[t] + 1); r = nt - 1; printf("server: R%d replayed inside window -> SIBLING R%d\n", t, r)
        :: else -> revoke()
        fi
#else
        if
#if COU2
#if VARIANT == 6
        :: t == leaf && (win || awin) && gen > 0 && k != keyOf -> r = BUSY; printf("server: R%d is the leaf and young, other key -> busy\n", t)
        :: t == leaf && (win || awin) && gen > 0 && k == keyOf -> confirmed = true; got[t] = got[t] | p; r = KEPT; printf("server: R%d is the leaf and young: kept\n", t)
#else
        :: t == leaf && (win || awin) && gen > 0 -> confirmed = true; got[t] = got[t] | p; r = KEPT; printf("server: R%d is the leaf and young: kept\n", t)
#endif
        :: t == leaf && !((win || awin) && gen > 0) ->
#else
        :: t == leaf ->
#endif
            rotate(k); r = leaf; printf("server: R%d is the leaf: rotate -> R%d (gen %d)\n", t, r, gen)
        :: t != leaf && t == parent ->
#if VARIANT == 0
            revoke()
#elif VARIANT == 2
            if
            :: win -> mint(gen); leaf = nt - 1; r = leaf; printf("server: R%d replayed inside window -> NEW leaf R%d displaces\n", t, r)
            :: else -> revoke()
            fi
#elif VARIANT == 7
            if
            :: win -> r = leaf; printf("server: R%d replayed inside window -> same successor R%d\n", t, r)
            :: else -> revoke()
            fi
#elif VARIANT == 3
            r = leaf; win = true; printf("server: R%d is parent of leaf -> returns current leaf R%d\n", t, r)
#else
            if
#if VARIANT == 6
#if COU2
            :: k != keyOf && win -> r = BUSY; printf("server: R%d other key inside C -> busy\n", t)
#else
            :: k != keyOf -> revoke()
#endif
            :: k == keyOf && win -> r = leaf; printf("server: R%d replayed inside C, same key -> R%d\n", t, r)
#if TIMED
               ; replayed = true
#endif
#if COU2
            :: !win && awin -> r = BUSY; printf("server: R%d after C, an answer may be under way -> busy\n", t)
#endif
#if COU2
            :: !win && !confirmed && !awin ->
#else
            :: k == keyOf && !win && !confirmed ->
#endif
#else
            :: win -> r = leaf; printf("server: R%d replayed inside C -> same successor R%d\n", t, r)
#if TIMED
               ; replayed = true
#endif
#if COU2
            :: !win && awin -> r = BUSY; printf("server: R%d after C, an answer may be under way -> busy\n", t)
            :: !win && !awin && !confirmed ->
#else
            :: !win && !confirmed ->
#endif
#endif
                mint(gen); leaf = nt - 1; keyOf = k; openwin(); r = leaf;   /* re-issue, displace */
#if TIMED
                replayed = false;
#endif
                printf("server: R%d replayed after C, successor never used -> re-issue R%d\n", t, r)
            :: else -> revoke()
            fi
#endif
#if VARIANT == 3
        :: t != leaf && t != parent && win -> r = leaf         /* any old counter, 10 s since LAST refresh */
        :: t != leaf && t != parent && !win -> revoke()
#else
        :: else -> revoke()                                    /* older, or displaced instance */
#endif
        fi
#endif
    fi;
    if
    :: r != NONE && r != BUSY && r != KEPT ->
        awin = true;
        assert(!DEAD);                                                       /* P3 */
        /* P4: a replay of t never succeeds once the OTHER party has used something newer,
               unless we are inside the concurrency window */
#ifdef P4
        byte j4 = 0;
        do
        :: j4 < nt ->
            if
            :: tgen[j4] > tgen[t] && (used[j4] & (3 - p)) && stolen -> assert(w0)
            :: else -> skip
            fi; j4++
        :: else -> break
        od; j4 = 0;
#endif
        if
        :: got[r] != 0 && !(got[r] & p) && !w0 -> offwin[r] = true
        :: else -> skip
        fi;
        got[r] = got[r] | p
    :: else -> skip
    fi;
    printf("answer: %d\n", r)      /* a token instance, or NONE, BUSY, KEPT */
}

/* an API call with the access token minted together with instance t */
inline useAT(t, p) {
    printf("request: use(AT%d) party %d\n", t, p);
    if
    :: DEAD -> printf("answer: over\n")                   /* rejected: session denylist */
    :: else ->
#if VARIANT == 4 || VARIANT == 6
        ok = false;
        if
        :: t == leaf -> confirmed = true; ok = true        /* first use commits the rotation      */
        :: t == parent -> ok = true                        /* previous generation, still in TTL   */
        :: t != leaf && tgen[t] == gen -> revoke()         /* AT of a displaced leaf              */
        :: t != parent && t != leaf && tgen[t] + 1 == gen -> revoke()   /* displaced one gen ago  */
        :: else -> skip                                    /* two or more behind: 401, no revoke  */
        fi;
        if
        :: ok -> used[t] = used[t] | p; printf("answer: accepted\n")
        :: else -> printf("answer: rejected\n")
        fi;
#else
        used[t] = used[t] | p;
#endif
        if
        :: !DEAD ->
#ifdef P2
            /* P2: no fork - two different instances of one generation are never both exercised */
            byte j2 = 0;
            do
            :: j2 < nt ->
                if
                :: j2 != t && tgen[j2] == tgen[t] && used[j2] != 0 && used[t] != 0 -> assert(false)
                :: else -> skip
                fi; j2++
            :: else -> break
            od; j2 = 0;
#endif
#ifdef COGEN
            /* how many generations can both parties exercise, joined outside C, undetected? */
            byte j3 = 0; cogen = 0;
            do
            :: j3 < nt -> if :: used[j3] == 3 && offwin[j3] -> cogen++ :: else -> skip fi; j3++
            :: else -> break
            od; j3 = 0;
            assert(cogen < COGEN);
#endif
#ifdef NOSHARE
            assert(!(stolen && used[t] == 3 && t > 0 && got[t] == 3));
#endif
            skip
        :: else -> skip
        fi
    fi
}

proctype Tab(byte id) {
    byte r, n = 0, s;
#if SPLIT
    byte sl; bool sd;
#endif
    do
#if EAGER
    :: atomic { n < STEPS && !loggedOut ->
#else
    :: atomic { n < STEPS && !loggedOut && !(SYNCHRONY && VARIANT != 1 && win && (jar == leaf || (VARIANT == 2 && tgen[jar] == gen))) ->
#endif
        s = jar; fl[id] = s; pre[id] = false; ans[id] = false; n++; printf("tab%d: sends refresh(R%d)\n", id, s) }   /* request leaves the client */
        if
#if !NOLOSS
        :: atomic { true -> fl[id] = NONE; printf("tab%d: request lost\n", id) }
#endif
#if ZOMBIE
        :: atomic { fl[2] == NONE && !zdone -> fl[2] = s; zdone = true; fl[id] = NONE } /* gave up; still queued */
#endif
#if SPLIT
        :: atomic { nt < NTOK -> sl = leaf; sd = DEAD };          /* SELECT ...                    */
           atomic {
             if
             :: sd -> r = NONE
             :: !sd && s == sl && nt < NTOK -> rotate(1); r = leaf;   /* ... UPDATE, no re-check   */
                printf("server: (stale read) rotates R%d -> R%d\n", s, r);
                assert(!DEAD)                                     /* P3                            */
             :: !sd && s != sl && nt < NTOK -> refresh(s, CLI, 1, r)
             fi }
#else
        :: atomic { nt < NTOK -> refresh(s, CLI, KEY(id), r); ans[id] = (r != NONE && r != BUSY && r != KEPT) }
#endif
            if
            :: atomic { (r == BUSY || r == KEPT) -> fl[id] = NONE; printf("tab%d: told to try later\n", id) }
            :: atomic { r != NONE && r != BUSY && r != KEPT -> jar = r; fl[id] = NONE; ans[id] = false; printf("tab%d: receives R%d, jar := R%d\n", id, r, r) }  /* Set-Cookie */
#if !NOLOSS
            :: atomic { r != NONE && r != BUSY && r != KEPT -> fl[id] = NONE; ans[id] = false; printf("tab%d: response with R%d LOST\n", id, r) }
#endif
            :: atomic { r == NONE -> loggedOut = true; fl[id] = NONE;   /* 401                     */
#if !KILL && !defined(NOP1)
                 if :: !stolen -> printf("HONEST CLIENT GOT 401\n"); assert(false) :: else -> skip fi
#endif
               }
            fi
        fi;
        if
        :: atomic { !loggedOut -> printf("client: API call with AT%d\n", jar); useAT(jar, CLI) }
        :: true -> skip
        fi
    :: n >= STEPS || loggedOut -> break
    od
}

#if ZOMBIE
/* a request the client timed out on, executed by the server later; nobody reads the answer */
active proctype Zombie() {
    byte r;
    if
    :: atomic { fl[2] != NONE && nt < NTOK -> refresh(fl[2], CLI, 1, r); fl[2] = NONE }
    :: atomic { fl[2] != NONE -> fl[2] = NONE }                   /* server-side deadline dropped it */
    fi
}
#endif

/* the attacker never needs more than one theft: copies whatever the jar holds */
#if ATTACK
active proctype Attacker() {
    byte t, r, n = 0;
#if TIMED
    do :: true :: true :: true :: true :: true :: true :: true :: break od;
#endif
    if
    :: atomic { !DEAD -> stolen = true; known[jar] = true; printf("ATTACKER: steals R%d\n", jar) }
    :: true -> goto done
    fi;
    do
    :: atomic { n < ASTEPS && nt < NTOK ->
        n++;
        t = 0;
        do                                                        /* pick any known token          */
        :: known[t] -> break
        :: t < nt - 1 -> t++
        od;
        if
        :: nt < NTOK -> printf("ATTACKER: refresh(R%d)\n", t); refresh(t, ATK, 2, r);
              if :: r != NONE && r != BUSY && r != KEPT -> known[r] = true :: else -> skip fi
        :: true -> printf("ATTACKER: API call with AT%d\n", t); useAT(t, ATK)
        fi }
    :: n >= ASTEPS || nt >= NTOK -> break
    od;
done: skip
}
#endif

/* time: the concurrency window of the current leaf closes */
active proctype Clock() {
#if VARIANT == 1
    byte c = 0, i;
    do
    :: atomic { c < 6 ->
        i = 0;
        do
        :: i < NTOK && wopen[i] && (!SYNCHRONY || (fl[0] != i && fl[1] != i && fl[2] != i)) -> wopen[i] = false; printf("clock: window of R%d closes\n", i); break
        :: i < NTOK - 1 -> i++
        :: i >= NTOK - 1 -> break
        od; i = 0; c++ }
    :: c >= 6 -> break
    od
#else
end:
    do
#if LITERAL
    :: atomic { win && (!SYNCHRONY || ((fl[0] == NONE || fl[0] == leaf || !pre[0]) && (fl[1] == NONE || fl[1] == leaf || !pre[1]) && (fl[2] == NONE || fl[2] == leaf || !pre[2]))) -> win = false; printf("clock: C closes\n") }
#elif TIMED
    :: atomic { win && (!SYNCHRONY || ((fl[0] == NONE || fl[0] == leaf) && (fl[1] == NONE || fl[1] == leaf) && (fl[2] == NONE || fl[2] == leaf) && (replayed || (!ans[0] && !ans[1] && !ans[2] && (jar != leaf || ((fl[0] == NONE || fl[0] == leaf) && (fl[1] == NONE || fl[1] == leaf))))))) ->
         win = false; printf("clock: C closes\n");
         if
         :: !replayed -> awin = false; printf("clock: last answer is C old\n")
         :: else -> skip
         fi }
#else
    :: atomic { win && (!SYNCHRONY || ((fl[0] == NONE || fl[0] == leaf) && (fl[1] == NONE || fl[1] == leaf) && (fl[2] == NONE || fl[2] == leaf))) -> win = false; printf("clock: C closes\n") }
#endif
    :: atomic { awin && !win && (!SYNCHRONY || (!ans[0] && !ans[1] && !ans[2] && (jar != leaf || ((fl[0] == NONE || fl[0] == leaf) && (fl[1] == NONE || fl[1] == leaf))))) -> awin = false; printf("clock: last answer is C old\n") }
    od
#endif
}

#if KILL
active proctype Killer() {
#if TIMED
    do :: true :: true :: true :: true :: true :: true :: true :: break od;      /* not in the first moment of every run */
#endif
    if :: atomic { killed = true; printf("user: logout / password reset commits\n") } :: true -> skip fi
}
#endif

init {
    atomic {
        fl[0] = NONE; fl[1] = NONE; fl[2] = NONE;
        got[0] = CLI; used[0] = CLI;
        run Tab(0);
#if TABS > 1
        run Tab(1);
#endif
    }
}
