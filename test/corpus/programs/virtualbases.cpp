// Classes with virtual bases, which says of each where its virtual bases lie in a complete object.
#include <cstdio>

struct A { virtual ~A() {} long a; virtual void f() {} };
struct B : virtual A { long b; void f() override {} };
struct C : virtual A { long c; virtual void g() {} };
struct D : B, C { long d; void f() override {} };
struct P { long p; };
struct E : virtual D, virtual P { long e; void f() override {} void g() override {} };
struct Q : virtual P { int q; };
struct R : Q, virtual B { int r; void f() override {} };
struct I { virtual void i() {} };
// I is J's primary base: at offset 0, as its vbase_offset says
struct J : virtual I, virtual P { char j[70000]; void i() override {} };
struct K : J, virtual I { long k; virtual void z() {} };

template <typename Derived, typename Base> void say(const char *derived, const char *base) {
  Derived object;
  std::printf("%s %s %ld\n", derived, base, static_cast<long>(reinterpret_cast<char *>(static_cast<Base *>(&object)) - reinterpret_cast<char *>(&object)));
}
#define SAY(DERIVED, BASE) say<DERIVED, BASE>(#DERIVED, #BASE)

int main(int argc, char **) {
  // with any argument: those it has only through its bases
  if (argc > 1) {
    SAY(D, A), SAY(E, A), SAY(R, A), SAY(R, P), SAY(K, P);
    return 0;
  }
  SAY(B, A), SAY(C, A), SAY(E, D), SAY(E, P), SAY(Q, P), SAY(R, B), SAY(J, I), SAY(J, P), SAY(K, I);
}
