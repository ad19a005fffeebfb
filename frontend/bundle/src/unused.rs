//! What is compiled into the app and never runs.

use anyhow::{Result, ensure};
use walrus::ModuleConfig;

/// Leptos can bring a page to life in one go or piece by piece. We do the first (`hydrate_body`), but its `AnyView` drags the
/// second along for every kind of view: a tenth of the app.
const NEVER_RUNS: &str = "hydrate_async";

/// Replaces what never runs by a trap; what only that needs is dropped by who links next.
///
/// # Errors
/// The module cannot be read, or its functions have no names to find it by.
pub(crate) fn cut(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = ModuleConfig::new().generate_name_section(true).parse(wasm)?;
    let named = module.funcs.iter().any(|function| function.name.is_some());
    ensure!(named, "the functions of the app have lost their names: is it stripped?");
    let never = |name: &Option<String>| name.as_deref().is_some_and(|name| name.contains(NEVER_RUNS));
    let unused: Vec<_> = module.funcs.iter().filter(|function| never(&function.name)).map(|f| f.id()).collect();
    for id in unused {
        let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let mut body = function.builder_mut().func_body();
        body.instrs_mut().clear();
        body.unreachable();
    }
    Ok(module.emit_wasm())
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, Module};

    /// A module with a function of each name, all of which return 7.
    fn module(names: &[&str]) -> Vec<u8> {
        let mut module = Module::default();
        for name in names {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[walrus::ValType::I32]);
            builder.name((*name).to_owned()).func_body().i32_const(7);
            let function = builder.finish(vec![], &mut module.funcs);
            module.exports.add(&format!("export of {name}"), function);
        }
        module.emit_wasm()
    }

    #[test]
    fn what_never_runs_is_a_trap_and_the_rest_is_as_it_was() {
        let cut = Module::from_buffer(&cut(&module(&["hydrate", "a::hydrate_async::closure"])).unwrap()).unwrap();
        let body = |name: &str| {
            let function = cut.funcs.get(cut.funcs.by_name(name).unwrap()).kind.unwrap_local();
            format!("{:?}", function.block(function.entry_block()).instrs)
        };
        assert!(body("hydrate").contains("Const") && !body("hydrate").contains("Unreachable"));
        assert!(body("a::hydrate_async::closure").contains("Unreachable"));
        assert!(!body("a::hydrate_async::closure").contains("Const"));
    }

    #[test]
    fn an_app_without_names_is_refused_rather_than_left_heavy() {
        assert!(cut(&Module::default().emit_wasm()).is_err());
    }
}
