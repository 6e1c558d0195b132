//! Rust's shapes: enums with data, with niches, generics, trait objects, closures, slices.
#![allow(dead_code)]
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Mutex;

#[derive(Clone, Copy)]
pub enum Plain { A, B = 7, C = -1 }
pub enum Shape { Circle(f64), Square { side: f64, name: String }, Nothing, Boxed(Box<Shape>) }
pub enum Niche<'a> { Borrowed(&'a str), Absent }
#[repr(C)]
pub union Bits { f: f32, u: u32, b: [u8; 4] }
#[repr(C, packed)]
pub struct Packed { a: u8, b: u32, c: u16 }
#[repr(align(32))]
pub struct Aligned(u8);
pub struct Unit;
pub struct Tuple(i32, &'static str, [Option<Box<i64>>; 3]);
pub struct Generic<T, const N: usize> { items: [T; N], next: Option<Rc<Generic<T, N>>> }
pub trait Area { fn area(&self) -> f64; }
impl Area for Shape { fn area(&self) -> f64 { match self { Shape::Circle(r) => 3.0 * r * r, Shape::Square { side, .. } => side * side, Shape::Nothing => 0.0, Shape::Boxed(b) => b.area() } } }
pub struct World<'a> {
    objects: Vec<Box<dyn Area>>,
    names: HashMap<String, Plain>,
    tree: BTreeMap<u16, Generic<u8, 5>>,
    niche: Niche<'a>,
    callback: Box<dyn Fn(i32) -> i32>,
    pointer: *const Tuple,
    function: fn(u8, &str) -> bool,
    guarded: Mutex<Vec<char>>,
    wide: u128,
    result: Result<Unit, std::io::Error>,
    nested: Option<Option<bool>>,
    ordering: std::cmp::Ordering,
}
pub static GLOBAL: Tuple = Tuple(1, "global", [None, None, None]);
pub static mut COUNTER: u64 = 3;
thread_local! { static PER_THREAD: std::cell::Cell<u32> = const { std::cell::Cell::new(9) }; }

fn short(n: u8, s: &str) -> bool { s.len() > n as usize }

fn main() {
    let captured = std::env::args().count() as i32;
    let mut world = World {
        objects: vec![Box::new(Shape::Circle(2.0)), Box::new(Shape::Boxed(Box::new(Shape::Nothing)))],
        names: HashMap::new(),
        tree: BTreeMap::new(),
        niche: Niche::Borrowed("text"),
        callback: Box::new(move |x| x + captured),
        pointer: &GLOBAL,
        function: short,
        guarded: Mutex::new(vec!['a']),
        wide: 5,
        result: Ok(Unit),
        nested: Some(None),
        ordering: std::cmp::Ordering::Less,
    };
    world.names.insert("a".to_string(), Plain::B);
    world.tree.insert(1, Generic { items: [1; 5], next: None });
    let packed = Packed { a: 1, b: 2, c: 3 };
    let bits = Bits { f: 1.5 };
    let aligned = Aligned(4);
    PER_THREAD.with(|p| p.set(p.get() + unsafe { bits.u }));
    unsafe { COUNTER += 1; }
    let total: f64 = world.objects.iter().map(|o| o.area()).sum();
    println!("{} {} {} {}", total, (world.callback)(3), { packed.b } + aligned.0 as u32, (world.function)(1, "ab"));
}
