//! Takes out of a program what is compiled into it and never called.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use wasm_encoder::{CustomSection, Encode, Module, RawSection};
use wasmparser::{BinaryReader, CustomSectionReader, KnownCustom, Name, Parser, Payload, RelocSectionReader, TypeRef};

/// By functions of this name Leptos brings a page to life piece by piece. Ours comes to life in one go (`hydrate_body`), but
/// every view carries them along: a tenth of the program.
const NEVER_CALLED: &str = "hydrate_async";

/// The same module, in which functions that have [`NEVER_CALLED`] in their names end the program at once, and call nothing.
///
/// No function may have been put in the place of another that is the same: it has one name, and would stand for both. So this
/// is for what was compiled with `-Zmerge-functions=disabled`. Nothing moves within the code, so that relocations still hold.
pub(crate) fn without_what_is_never_called(module: &[u8]) -> Result<Vec<u8>> {
    let Found { code, bodies } = find(module)?;
    ensure!(!bodies.is_empty(), "no function is called {NEVER_CALLED}: this is for nothing");
    let mut changed = module.to_vec();
    for body in &bodies {
        empty(&mut changed[body.clone()]);
    }
    let mut sections = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        match &payload {
            Payload::CustomSection(section) if section.name() == "reloc.CODE" => {
                let data = relocations(section, &code, &bodies)?;
                sections.section(&CustomSection { name: section.name().into(), data: data.into() });
            }
            _ => {
                sections.section(&RawSection { id, data: &changed[bytes(&range)?] });
            }
        }
    }
    Ok(sections.finish())
}

/// In bytes of the module.
struct Found {
    code: Range<usize>,
    /// Of the functions that are never called, in their order.
    bodies: Vec<Range<usize>>,
}

fn find(module: &[u8]) -> Result<Found> {
    let (mut imported, mut code, mut bodies, mut unused) = (0, None, Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += usize::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionStart { range, .. } => code = Some(bytes(&range)?),
            Payload::CodeSectionEntry(body) => bodies.push(bytes(&body.range())?),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for subsection in names {
                    let Name::Function(names) = subsection? else { continue };
                    for named in names {
                        let named = named?;
                        if named.name.contains(NEVER_CALLED) {
                            unused.push(usize::try_from(named.index)?);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let of = |function: usize| function.checked_sub(imported).and_then(|at| bodies.get(at)).cloned();
    let mut bodies: Vec<_> = unused.into_iter().filter_map(of).collect();
    bodies.sort_by_key(|body| body.start);
    Ok(Found { code: code.context("a program without code")?, bodies })
}

/// No locals, `unreachable`, and `nop` (which the tools that come after this leave out) up to the `end`.
fn empty(body: &mut [u8]) {
    const UNREACHABLE: u8 = 0x00;
    const NOP: u8 = 0x01;
    // Shorter than this, it calls nothing.
    if let [locals, first, between @ .., _end] = body {
        (*locals, *first) = (0, UNREACHABLE);
        between.fill(NOP);
    }
}

/// What stands in the section, but for the relocations within `emptied` functions.
fn relocations(section: &CustomSectionReader<'_>, code: &Range<usize>, emptied: &[Range<usize>]) -> Result<Vec<u8>> {
    let all = RelocSectionReader::new(BinaryReader::new(section.data(), 0))?;
    let entries = all.entries();
    let end = bytes(&entries.range())?.end;
    let entries: Vec<_> = entries.into_iter_with_offsets().collect::<Result<_, _>>()?;
    let starts = entries.iter().map(|(at, _)| *at).map(usize::try_from).collect::<Result<Vec<_>, _>>()?;
    let ends = starts.iter().skip(1).chain([&end]);
    let (mut kept, mut count) = (Vec::new(), 0_u32);
    for (((_, entry), start), end) in entries.iter().zip(&starts).zip(ends) {
        let place = code.start + usize::try_from(entry.offset)?;
        let after = emptied.partition_point(|body| body.start <= place);
        if after == 0 || emptied[after - 1].end <= place {
            kept.extend_from_slice(&section.data()[*start..*end]);
            count += 1;
        }
    }
    let mut data = Vec::new();
    all.section_index().encode(&mut data);
    count.encode(&mut data);
    data.append(&mut kept);
    Ok(data)
}

fn bytes(range: &Range<u64>) -> Result<Range<usize>> {
    Ok(usize::try_from(range.start)?..usize::try_from(range.end)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CodeSection, Function, FunctionSection, NameMap, NameSection, TypeSection};
    use wasmparser::Operator;

    /// The same body under each of these names, which calls the first of them twice; and where it is called.
    fn program(names: &[&str]) -> Vec<u8> {
        let (mut types, mut functions, mut code, mut named) =
            (TypeSection::new(), FunctionSection::new(), CodeSection::new(), NameMap::new());
        types.ty().function([], []);
        for (index, name) in (0..).zip(names) {
            functions.function(0);
            let mut body = Function::new([]);
            body.instructions().call(0).call(0).end();
            code.function(&body);
            named.append(index, name);
        }
        let mut known = NameSection::new();
        known.functions(&named);
        let module = |relocations: &[u8]| {
            let mut module = Module::new();
            module.section(&types).section(&functions).section(&code);
            module.section(&CustomSection { name: "reloc.CODE".into(), data: relocations.into() });
            module.section(&known);
            module.finish()
        };
        let calls: Vec<_> = bodies(&module(&[2, 0])).into_iter().flat_map(|body| body.calls).collect();
        // Of section 2, R_WASM_FUNCTION_INDEX_LEB of symbol 0 at each place.
        let mut relocations = vec![2, u8::try_from(calls.len()).unwrap()];
        for place in calls {
            relocations.extend([0, u8::try_from(place).unwrap(), 0]);
        }
        module(&relocations)
    }

    #[derive(Debug, PartialEq)]
    struct Body {
        /// Where functions are named in it, in bytes of the section.
        calls: Vec<u64>,
        ends_at_once: bool,
    }

    fn bodies(module: &[u8]) -> Vec<Body> {
        let (mut bodies, mut code) = (vec![], 0);
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::CodeSectionStart { range, .. } => code = range.start,
                Payload::CodeSectionEntry(body) => {
                    let all = body.get_operators_reader().unwrap().into_iter_with_offsets();
                    let all: Vec<_> = all.collect::<Result<_, _>>().unwrap();
                    let calls = all.iter().filter(|(operator, _)| matches!(operator, Operator::Call { .. }));
                    bodies.push(Body {
                        calls: calls.map(|(_, at)| at + 1 - code).collect(),
                        ends_at_once: matches!(all[0].0, Operator::Unreachable),
                    });
                }
                _ => {}
            }
        }
        bodies
    }

    fn relocated(module: &[u8]) -> Vec<u64> {
        let mut places = vec![];
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CustomSection(section) = payload.unwrap() else { continue };
            let KnownCustom::Reloc(relocations) = section.as_known() else { continue };
            places.extend(relocations.entries().into_iter().map(|entry| u64::from(entry.unwrap().offset)));
        }
        places
    }

    #[test]
    fn what_is_never_called_ends_at_once_and_the_rest_stays_where_it_was() {
        let whole = program(&["start", "view::hydrate_async::{closure}", "hydrate", "hydrate_async", "last"]);
        let before = bodies(&whole);
        assert_eq!(relocated(&whole).len(), 10);
        let less = without_what_is_never_called(&whole).unwrap();
        let emptied = || Body { calls: vec![], ends_at_once: true };
        let kept = |at: usize| Body { calls: before[at].calls.clone(), ends_at_once: false };
        assert_eq!(bodies(&less), [kept(0), emptied(), kept(2), emptied(), kept(4)]);
        let places: Vec<_> = [0, 2, 4].into_iter().flat_map(|at| before[at].calls.clone()).collect();
        assert_eq!(relocated(&less), places);
    }

    #[test]
    fn a_program_without_any_is_refused() {
        assert!(without_what_is_never_called(&program(&["start", "hydrate"])).is_err());
    }
}
