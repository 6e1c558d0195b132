import { describe, expect, test } from 'vitest'
import { normalizeTypeName } from '../../../src-main/engine/recognize/typeNames.ts'

describe('spellings of one type', () => {
  test.each([
    ['spaces', 'Box<std::vector<int, std::allocator<int> > >', 'Box<std::vector<int,std::allocator<int>>>'],
    ['words of builtin types', 'Box<long unsigned int, short int, char unsigned, long long unsigned int, long double>', 'Box<unsigned long, short, unsigned char, unsigned long long, double long>'],
    ['const before and behind', 'Box<const char *, const Plain *const, const volatile int &>', 'Box<char const*, Plain const* const, int const volatile&>'],
    ['const before a scope', 'Box<const (anonymous namespace)::Plain &>', 'Box<(anonymous namespace)::Plain const&>'],
    ['numbers', 'Box<3, 4, 200, -5, 18446744073709551615>', 'Box<3u, (long)4, (unsigned char)200, -5l, 18446744073709551615ul>'],
    ['characters', "Box<'a', '\\n', '\\000', '\\'', '\\xff', (unsigned char)'\\xc8', u'y'>", 'Box<(char)97, (char)10, (char)0, (char)39, (char)-1, (unsigned char)200, (char16_t)121>'],
    ["gcc's characters", "Box<'\\012', '\\37777777777'>", 'Box<(char)10, (char)-1>'],
    ['truth', 'Box<true, false>', 'Box<(bool)1, (bool)0>'],
    ['enumerators by number', 'Box<(ns::Color)1, (Shade)-3>', 'Box<1, -3>'],
    ['null pointers', 'Box<nullptr>', 'Box<(int*)0>'],
    ['addresses', 'Box<(& global), (& (anonymous namespace)::hidden), &Plain::member>', 'Box<&global, &((anonymous namespace)::hidden), &Plain::member>'],
    ['functions as arguments', 'Box<func, {anonymous}::inner>', 'Box<&(func(int, char const*)), &(anonymous namespace)::inner(int)>'],
    ['functions', 'Box<void(int), int (*)(int, char), void (*)(const char*, ...), void (* (*)(int))(char)>', 'Box<void (int), int (*)(int, char), void (*)(char const*, ...), void (*(*)(int))(char)>'],
    ['no parameters', 'Box<void (void)>', 'Box<void()>'],
    ['what qualifies functions', 'Box<void() const, void() &, void() noexcept>', 'Box<void () const, void () &, void () noexcept>'],
    ['members', 'Box<int Plain::*, int (Plain::*)(int) const, const int Plain::*>', 'Box<int Plain::*, int (Plain::*)(int) const, int const Plain::*>'],
    ['arrays', 'Box<int[3], const int[2], int (&)[5], int[2][3], int (*) [4ul]>', 'Box<int [3], int const [2], int (&) [5], int [2][3], int (*)[4]>'],
    ['anonymous namespaces', '{anonymous}::Hidden', '(anonymous namespace)::Hidden'],
    ['another way', '<anonymous>::Hidden', '(anonymous namespace)::Hidden'],
    ['local types', 'main::Local', 'main()::Local'],
    ['local types of methods', 'Box<game::Player::move(int, const char*) const::Local>', 'Box<game::Player::move::Local>'],
    ['local types of templates', 'make<int>::Local', 'std::unique_ptr<int>* make<int>(int, char const*)::Local'],
    ['local types of operators', 'Meth::operator<::Local', 'Meth::operator<(Meth const&) const::Local'],
    ['local types of conversions', 'Meth::operator bool::Local', 'Meth::operator bool()::Local'],
    ['lambdas', 'Box<main()::<lambda(int, const char*)> >', 'Box<main::{lambda(int, char const*)#2}>'],
    ['generic lambdas', 'Box<main()::<lambda(auto:28)> >', 'Box<main::{lambda(auto:1)#3}>'],
    ['nullptr_t', 'Box<std::nullptr_t>', 'Box<decltype(nullptr)>'],
    ['keywords', 'Box<struct Plain, enum ns::Color>', 'Box<Plain, ns::Color>'],
    ['ABI tags', 'outer::Tagged', 'outer::Tagged[abi:tagged]'],
    ['ABI tags of templates', 'outer::Tagged<int>::In', 'outer::Tagged[abi:a][abi:b]<int>::In'],
    ['plain builtin types', 'unsigned', 'unsigned int'],
    ['pointers', 'const struct node *', 'node const*'],
  ])('%s', (_, one, other) => {
    expect(normalizeTypeName(one)).toBe(normalizeTypeName(other))
    expect(normalizeTypeName(normalizeTypeName(one))).toBe(normalizeTypeName(one))
  })

  test("clang's enumerators have their values, where these are known", () => {
    const values = new Map([
      ['ns::red', '0'],
      ['ns::Klass::y', '9'],
    ])
    const normalize = (text: string): string => normalizeTypeName(text, (name) => values.get(name) ?? null)
    expect(normalize('Box<ns::red, ns::Klass::y, Other>')).toBe(normalizeTypeName('Box<(ns::Color)0, (ns::Klass)9, Other>'))
  })
})

describe('types that are not one', () => {
  test.each([
    ['Box<char const*>', 'Box<char* const>'],
    ['Box<int>', 'Box<unsigned int>'],
    ['Box<signed char>', 'Box<char>'],
    ['Box<1>', 'Box<-1>'],
    ['Box<int*>', 'Box<int&>'],
    ['Box<void(*)(int)>', 'Box<void(int)>'],
    ['a::Box<int>', 'b::Box<int>'],
    ['Box<int>::In', 'Box<int>'],
    ['alloc::vec::Vec<*const u8>', 'alloc::vec::Vec<*mut u8>'],
    ['core::option::Option<&mut T>', 'core::option::Option<T>'],
    ['alloc::boxed::Box<dyn core::fmt::Debug>', 'alloc::boxed::Box<core::fmt::Debug>'],
    ['main::{closure_env#0}', 'main::{closure_env#1}'],
  ])('%s and %s', (one, other) => expect(normalizeTypeName(one)).not.toBe(normalizeTypeName(other)))
})

describe("Rust's names keep all but their spaces", () => {
  test.each([
    ['alloc::vec::Vec<u8, alloc::alloc::Global>', 'alloc::vec::Vec<u8,alloc::alloc::Global>'],
    ['(i32, &[u8; 4])', '(i32,&[u8;4])'],
    ['<T as core::iter::Iterator>::Item', '<T as core::iter::Iterator>::Item'],
    ['fn(i32) -> i32', 'fn(i32)->i32'],
  ])('%s', (name, normal) => expect(normalizeTypeName(name)).toBe(normal))
})

describe('hostile names', () => {
  test.each([
    ['nested templates', 'A<'.repeat(30_000)],
    ['parentheses', 'int ('.repeat(12_000)],
    ['stars', `Box<${'*'.repeat(60_000)}>`],
    ['commas', `Box<${','.repeat(60_000)}>`],
    ['scopes', 'a::'.repeat(20_000)],
    ['open parentheses behind decltype', 'decltype('.repeat(7_000)],
    ['words', 'unsigned '.repeat(7_000)],
    ['operators', 'operator '.repeat(7_000)],
    ['spaces', `dyn a${' '.repeat(60_000)}b`],
    ['far too long', 'x<'.repeat(1_000_000)],
  ])('%s cost little', (_, name) => {
    const began = performance.now()
    expect(typeof normalizeTypeName(name)).toBe('string')
    expect(performance.now() - began).toBeLessThan(500)
  })

  test.each(['', '<', '>', 'A<', 'A<(', 'A<(x', "A<'", 'A<&', '{', '{lambda', '<lambda(', 'operator', 'A<operator<', "A<'\\", 'A[', 'A::', '::A', 'A<...', 'A::*', '~', 'decltype', '[abi:'])('%s is answered', (name) => {
    expect(typeof normalizeTypeName(name)).toBe('string')
  })
})
