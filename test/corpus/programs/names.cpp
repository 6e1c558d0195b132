// Classes with vtables whose names are as hard as names get: every kind of template argument, local and unnamed scopes, lambdas.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
#include <array>
#include <deque>
#include <regex>

void *volatile keep;
enum Color { red, green = 7, minus = -3 };
enum class Shade : unsigned char { dark = 1, light = 200 };
namespace ns { enum Inner { a = 4 }; enum class Klass { x, y = 9 }; }
template <typename... T> struct V { virtual ~V() {} virtual int f(); };
template <typename... T> int V<T...>::f() { return sizeof...(T); }
template <auto... X> struct A { virtual ~A() {} virtual int f() { return 3; } };
template <int N> struct I { virtual ~I() {} };
template <unsigned N> struct U { virtual ~U() {} };
template <unsigned char N> struct UC { virtual ~UC() {} };
template <char N> struct C { virtual ~C() {} };
template <bool N> struct B { virtual ~B() {} };
template <long N> struct L { virtual ~L() {} };
template <unsigned long N> struct UL { virtual ~UL() {} };
template <long long N> struct LL { virtual ~LL() {} };
template <short N> struct S { virtual ~S() {} };
template <wchar_t N> struct W { virtual ~W() {} };
template <char16_t N> struct C16 { virtual ~C16() {} };
template <Color N> struct Co { virtual ~Co() {} };
template <Shade N> struct Sh { virtual ~Sh() {} };
template <ns::Klass N> struct Kl { virtual ~Kl() {} };
template <int *p> struct P { virtual ~P() {} };
template <int (*f)(int)> struct F { virtual ~F() {} };
struct Plain { int a; int m(int) { return a; } int c() const { return a; } static int s; };
template <int Plain::*m> struct M { virtual ~M() {} };
template <int (Plain::*M)(int)> struct MF { virtual ~MF() {} };
template <template <typename...> class T> struct TT { virtual ~TT() {} };
template <typename T, template <typename, typename> class Y> struct TT2 { virtual ~TT2() {} };
int global, array[4];
int Plain::s;
int func(int x) { return x; }
static int sfunc(int x) { return x; }
namespace { struct Anon { virtual ~Anon() {} virtual int f() { return 1; } }; enum AE { ae = 2 }; int anonGlobal; template <typename T> struct AT { virtual ~AT() {} struct In { virtual ~In() {} }; }; int afunc(int x) { return x; }
namespace deep { struct X { virtual ~X() {} }; } }
namespace outer { inline namespace v1 { template <typename T> struct Inl { virtual ~Inl() {} }; }
template <typename T> struct O { template <typename X> struct N { virtual ~N() {} struct Deep { virtual ~Deep() {} }; }; struct M { virtual ~M() {} }; };
struct __attribute__((abi_tag("tagged"))) Tagged { virtual ~Tagged() {} };
template <typename T> struct __attribute__((abi_tag("tt"))) TaggedT { virtual ~TaggedT() {} };
class K {}; union Un { int a; }; typedef struct { int a; } Td; typedef K Kt; }
using outer::K;
template <typename T> void *make() { struct Local : V<T> { virtual int g() { return 1; } }; return (void *)(keep = new Local); }
template <typename T> T *ret(T *, int) { struct Local2 { virtual ~Local2() {} T *t; }; keep = new Local2; return nullptr; }
int *ptrRet(int, const char *) { struct Local3 { virtual ~Local3() {} }; keep = new V<Local3>; keep = new Local3; return nullptr; }
struct Meth { void m(int) const { struct Local4 { virtual ~Local4() {} }; keep = new Local4; keep = new V<Local4>; } void operator()(int) { struct Local5 { virtual ~Local5() {} }; keep = new Local5; } operator bool() { struct Local6 { virtual ~Local6() {} }; keep = new Local6; return true; } 
 bool operator<(const Meth&) const { struct Local7 { virtual ~Local7() {} }; keep = new Local7; keep = new V<Local7>; return true; } };
static void staticFunction() { struct Local8 { virtual ~Local8() {} }; keep = new Local8; keep = new V<Local8>; }
void twice(int) { { struct Same { virtual ~Same() {} int a; }; keep = new Same; } { struct Same { virtual ~Same() {} long b[3]; }; keep = new Same; } }

#define USE(...) keep = new __VA_ARGS__
int main() {
  USE(V<>); USE(V<int, unsigned, long, unsigned long, long long, unsigned long long, short, unsigned short, char, signed char, unsigned char>);
  USE(V<bool, float, double, long double, wchar_t, char16_t, char32_t, __int128, unsigned __int128, std::nullptr_t>);
  USE(V<const char *, char *const, const char *const *, volatile int *, const volatile int *, int &, const int &, int &&>);
  USE(V<int[3], int[], const int[2], int (*)[4], int (&)[5], int[2][3], const char (&)[6]>);
  USE(V<void(), void(int), int (*)(int, char), void (*)(const char *, ...), int (&)(long), void (*(*)(int))(char)>);
  USE(V<int Plain::*, int (Plain::*)(int), int (Plain::*)(int) const, const int Plain::*>);
  USE(V<void() noexcept, int (*)() noexcept>);
  USE(V<void() const, void() &, void() const &&>);
  USE(V<std::string, std::vector<std::string>, std::map<std::string, std::vector<int>>, std::wstring, std::string_view>);
  USE(V<std::function<void(int)>, std::function<int(const std::string &, std::vector<const char *> &&)>>);
  USE(V<Color, Shade, ns::Inner, ns::Klass, Anon, AE, AT<int>, AT<int>::In, deep::X, K, outer::Un, outer::Td, outer::Kt, Plain>);
  USE(V<const Plain *const, Plain const &, const AT<const Anon *> &>);
  USE(V<outer::Inl<int>, outer::Tagged, outer::TaggedT<outer::Tagged>, outer::O<int>::N<char>, outer::O<int>::N<char>::Deep>);
  USE(Anon); USE(AT<int>); USE(AT<Anon>::In); USE(deep::X); USE(outer::Inl<K>); USE(outer::Tagged); USE(outer::TaggedT<int>); USE(outer::O<int>::N<const char *>); USE(outer::O<long>::N<K>::Deep); USE(outer::O<unsigned char>::M);
  USE(I<3>); USE(I<-3>); USE(I<0>); USE(U<3u>); USE(U<4000000000u>); USE(UC<3>); USE(UC<200>); USE(C<'a'>); USE(C<'\0'>); USE(C<'\n'>); USE(C<'\''>); USE(C<'\xff'>); USE(B<true>); USE(B<false>);
  USE(L<5>); USE(L<-5>); USE(UL<~0ul>); USE(LL<(-9223372036854775807ll - 1)>); USE(S<-2>); USE(W<L'x'>); USE(C16<u'y'>);
  USE(Co<red>); USE(Co<green>); USE(Co<minus>); USE(Co<(Color)5>); USE(Sh<Shade::dark>); USE(Sh<Shade::light>); USE(Kl<ns::Klass::y>);
  USE(P<&global>); USE(P<nullptr>); USE(P<&anonGlobal>); USE(P<&Plain::s>); USE(F<func>); USE(F<sfunc>); USE(F<&afunc>); USE(M<&Plain::a>); USE(MF<&Plain::m>); USE(M<nullptr>);
  USE(TT<std::vector>); USE(TT<std::map>); USE(TT2<int, std::vector>); USE(TT<V>);
  USE(A<1, 2u, 3l, 'c', true, (Shade)1, &global>); USE(A<red, ns::a>); USE(A<>);
  USE(V<std::array<int, 4>, std::bitset<77>, std::integral_constant<bool, true>, std::ratio<1, 1000>>);
  USE(V<std::chrono::duration<long, std::ratio<1, 1000>>>);
  USE(V<std::tuple<>, std::tuple<int>, std::variant<int, std::string>, std::optional<std::pair<int, K>>>);
  make<int>(); make<std::string>(); ret<const char>(nullptr, 1); ptrRet(1, ""); Meth m; m.m(1); m(1); (void)(bool)m; (void)(m < m); staticFunction(); twice(1);
  int captured = 3;
  auto lambda = [captured](int x) { return x + captured; };
  auto lambda2 = [&captured](const std::string &, char *) { return captured; };
  USE(V<decltype(lambda)>); USE(V<decltype(lambda2), int>);
  auto generic = [](auto x) { struct InLambda { virtual ~InLambda() {} }; keep = new InLambda; return x; };
  generic(3); USE(V<decltype(generic)>);
  std::thread t([captured] { return captured; }); t.join();
  std::thread t2(func, 3); t2.join();
  auto f = std::async(std::launch::async, [] { return 3; }); f.get();
  auto sp = std::make_shared<std::map<std::string, std::unique_ptr<Anon>>>();
  std::shared_ptr<Plain> del(new Plain, [](Plain *p) { delete p; });
  std::shared_ptr<Plain> del2(new Plain, std::default_delete<Plain>());
  std::packaged_task<int(int)> task(func); task(3);
  std::promise<std::string> pr; pr.set_value("x");
  std::ostringstream os; os << 3; std::regex re("a.*b"); 
  std::pmr::monotonic_buffer_resource res;
  USE(V<decltype(sp)>); USE(V<decltype(os)>);
  try { throw std::ios_base::failure("x"); } catch (std::exception &) {}
  struct InMain : V<K> { virtual int f() { return 2; } };
  USE(InMain); USE(V<InMain>);
  struct { virtual int f() { return 1; } } unnamed; USE(decltype(unnamed)(unnamed));
  return 0;
}
