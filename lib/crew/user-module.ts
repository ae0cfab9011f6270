/**
 * The functions that a user's module exports, whichever kind of module it is.
 *
 * Runs on: whichever thread needs them. `import()` of a CommonJS module gives `module.exports` as `default`, and
 * beside it the names that a scan of its source finds, which may be some of them or none. `module.exports` has
 * all, so that is asked, and its functions are called as its methods.
 */
export type UserFunction = (...args: never[]) => unknown;
type Names = Record<string, unknown>;
type Home = (name: string) => UserFunction | undefined;

/** Names that `import()` gives to the whole of a CommonJS module. */
const OF_THE_WHOLE = new Set(['default', 'module.exports']);

export class UserModule {
  /** Where functions may be, the outermost first. */
  readonly #homes: readonly Home[];

  private constructor(homes: readonly Home[]) {
    this.#homes = homes;
  }

  /** @throws what the module throws, and what `import()` does. */
  static async load(url: string): Promise<UserModule> {
    return new UserModule(homesIn((await import(url)) as Names));
  }

  /** The function of this name, if there is one. `beside`: the name of the function that it belongs to, so it
   *  is looked for where that one is, and then further out. */
  find(name: string, beside?: string): UserFunction | undefined {
    const homes = beside === undefined ? this.#homes : this.#from(beside);
    for (const home of homes) {
      const found = home(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #from(name: string): Home[] {
    const at = this.#homes.findIndex((home) => home(name) !== undefined);
    return this.#homes.slice(0, at + 1).toReversed();
  }
}

function homesIn(namespace: Names): Home[] {
  const { default: whole } = namespace;
  const exported: Home = (name) => asFunction(namespace[name]);
  if (!hasNames(whole)) return [exported];
  if (!isWhole(namespace, whole)) return [exported, methodsOf(whole)];
  const { default: inner } = whole;
  // A CommonJS module that was an ES module before it was compiled.
  if (whole['__esModule'] === true) {
    return hasNames(inner) ? [methodsOf(whole), methodsOf(inner)] : [methodsOf(whole)];
  }
  const methods = methodsOf(whole);
  return [(name) => (name === 'default' ? asFunction(whole) : undefined) ?? methods(name)];
}

/** Whether all that the module exports is there under `whole`: it is CommonJS, or might as well be. */
function isWhole(namespace: Names, whole: Names): boolean {
  try {
    return Object.keys(namespace).every(
      (name) => OF_THE_WHOLE.has(name) || Object.is(namespace[name], whole[name]),
    );
  } catch {
    // A default export that does not let itself be asked.
    return false;
  }
}

/** Functions of an object, of its class as well, but not those that every object or function has. */
function methodsOf(object: Names): Home {
  return (name) => {
    const found = asFunction(object[name]);
    const isOwn = Object.hasOwn(object, name);
    if (found === undefined || (!isOwn && isEverywhere(name))) return undefined;
    return found.bind<UserFunction>(object);
  };
}

function isEverywhere(name: string): boolean {
  return name in Object.prototype || name in Function.prototype;
}

function asFunction(value: unknown): UserFunction | undefined {
  return typeof value === 'function' ? (value as UserFunction) : undefined;
}

function hasNames(value: unknown): value is Names {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
