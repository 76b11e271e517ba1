import type { ASTNode } from '@marcbachmann/cel-js';

/** Functions beside CEL's own, by name: the CEL types that they take and give, and what they compute, without any effect. */
export type Functions = Readonly<Record<string, Implementation>>;
export interface Implementation {
  readonly takes: readonly string[];
  readonly gives: string;
  readonly call: (...values: readonly never[]) => unknown;
}

type Scope = Readonly<Record<string, unknown>>;
type Read = (scope: Scope) => unknown;

/** What names stand for, and the functions. */
interface World {
  readonly names: Readonly<Record<string, Read>>;
  readonly functions: Functions;
}

/** Leaves the whole expression to the interpreter. */
const NOT_PLAIN = new Error('not plain');
const leave = (): never => {
  throw NOT_PLAIN;
};

/**
 * An expression as plain JavaScript, for what most are made of: fields, lists, conditions, equality of texts, our own functions. It costs a fraction of the
 * interpreter, and either gives what that would give or throws: then the interpreter has to say what the value, or the mistake, is. Null for an
 * expression that holds anything else. `variables` are the names that the scope has.
 */
export function quickOf(ast: ASTNode, variables: readonly string[], functions: Functions): Read | null {
  const names = Object.fromEntries(variables.map((name): [string, Read] => [name, (scope) => scope[name]]));
  return compile(ast, { names, functions });
}

function compile(node: ASTNode, world: World): Read | null {
  switch (node.op) {
    case 'value':
      return constantOf(node.args);
    case 'id':
      return Object.hasOwn(world.names, node.args) ? (world.names[node.args] ?? null) : null;
    case '.': {
      const [of, name] = [compile(node.args[0], world), node.args[1]];
      return of && ((scope) => fieldOf(of(scope), name));
    }
    case '[]':
      return two(node.args, world, elementOf);
    case '==':
      return two(node.args, world, isSame);
    case '!=':
      return two(node.args, world, (a, b) => !isSame(a, b));
    case '>':
      return two(node.args, world, (a, b) => integer(a) > integer(b));
    case '!_': {
      const of = compile(node.args, world);
      return of && ((scope) => !truth(of(scope)));
    }
    case '&&': {
      const [left, right] = [compile(node.args[0], world), compile(node.args[1], world)];
      return left && right && ((scope) => truth(left(scope)) && truth(right(scope)));
    }
    case '||': {
      const [left, right] = [compile(node.args[0], world), compile(node.args[1], world)];
      return left && right && ((scope) => truth(left(scope)) || truth(right(scope)));
    }
    case '?:': {
      const [when, then, otherwise] = node.args.map((part) => compile(part, world));
      return when && then && otherwise ? (scope) => (truth(when(scope)) ? then(scope) : otherwise(scope)) : null;
    }
    case 'map':
      return mapOf(node.args, world);
    case 'call':
      return callOf(node.args[0], node.args[1], world);
    case 'rcall':
      return methodOf(node.args, world);
    default:
      return null;
  }
}

const constantOf = (value: unknown): Read | null => (typeof value === 'object' && value !== null ? null : () => value);

function two(nodes: readonly [ASTNode, ASTNode], world: World, join: (a: unknown, b: unknown) => unknown): Read | null {
  const [left, right] = [compile(nodes[0], world), compile(nodes[1], world)];
  return left && right && ((scope) => join(left(scope), right(scope)));
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return leave();
  const field = (value as Scope)[name];
  return field === undefined ? leave() : field;
}

function elementOf(list: unknown, at: unknown): unknown {
  return (Array.isArray(list) && typeof at === 'bigint' ? list[Number(at)] : undefined) ?? leave();
}

/** Only texts, truths, integers and null are compared here: numbers have rules of their own. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== typeof b && a !== null && b !== null) return leave();
  return isScalar(a) && isScalar(b) ? a === b : leave();
}

const isScalar = (value: unknown): boolean =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint';
const truth = (value: unknown): boolean => (typeof value === 'boolean' ? value : leave());
const integer = (value: unknown): bigint => (typeof value === 'bigint' ? value : leave());

function mapOf(entries: readonly (readonly [ASTNode, ASTNode])[], world: World): Read | null {
  const parts: [string, Read][] = [];
  for (const [key, value] of entries) {
    const read = compile(value, world);
    if (key.op !== 'value' || typeof key.args !== 'string' || key.args === '__proto__' || read === null) return null;
    parts.push([key.args, read]);
  }
  return (scope) => {
    const map: Record<string, unknown> = {};
    for (const [key, read] of parts) map[key] = read(scope);
    return map;
  };
}

function callOf(name: string, nodes: readonly ASTNode[], world: World): Read | null {
  if (name === 'size') return lengthOf(nodes, world);
  const found = Object.hasOwn(world.functions, name) ? world.functions[name] : undefined;
  if (found === undefined || found.takes.length !== nodes.length) return null;
  const reads = nodes.map((node, at) => checked(compile(node, world), found.takes[at]));
  if (!reads.every((read) => read !== null)) return null;
  const call = found.call as (...values: readonly unknown[]) => unknown;
  const [a, b, c] = reads;
  if (a && b && c) return (scope) => call(a(scope), b(scope), c(scope));
  if (a && b) return (scope) => call(a(scope), b(scope));
  return a ? (scope) => call(a(scope)) : null;
}

/** An argument that a function of ours takes only as a text or a list. */
function checked(read: Read | null, type: string | undefined): Read | null {
  if (read === null || type === 'dyn') return read;
  const is = type === 'list' ? Array.isArray : (value: unknown) => type === 'string' && typeof value === 'string';
  return (scope) => {
    const value = read(scope);
    return is(value) ? value : leave();
  };
}

function lengthOf([of, ...more]: readonly ASTNode[], world: World): Read | null {
  const list = of && more.length === 0 ? compile(of, world) : null;
  return list && ((scope) => BigInt(listOf(list(scope)).length));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : leave());

type Method = readonly [name: string, of: ASTNode, parts: ASTNode[]];

function methodOf([name, of, parts]: Method, world: World): Read | null {
  const [receiver, [first, second]] = [compile(of, world), parts];
  if (receiver === null || first === undefined) return null;
  if (name === 'startsWith' && second === undefined) {
    const start = compile(first, world);
    return start && ((scope) => textOf(receiver(scope)).startsWith(textOf(start(scope))));
  }
  if (first.op !== 'id' || second === undefined || parts.length > 2) return null;
  // The element at hand; nothing that an expression calls evaluates it again.
  let element: unknown;
  const each = compile(second, { ...world, names: { ...world.names, [first.args]: () => element } });
  const evaluate = (scope: Scope) => (value: unknown) => {
    element = value;
    return each?.(scope);
  };
  if (each === null) return null;
  switch (name) {
    case 'map':
      return (scope) => listOf(receiver(scope)).map(evaluate(scope));
    case 'exists':
      return (scope) => listOf(receiver(scope)).map(evaluate(scope)).map(truth).includes(true);
    case 'all':
      return (scope) => !listOf(receiver(scope)).map(evaluate(scope)).map(truth).includes(false);
    default:
      return null;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : leave());
