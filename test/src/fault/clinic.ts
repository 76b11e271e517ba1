import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { type Canary, makeCanary, type Shape } from '../kit/canaries.ts';
import type { Random } from '../kit/random.ts';
import type { World } from '../kit/world.ts';

/** A business with people in it: every kind of policy, and columns without one whose values go everywhere. */
const PACK = `name: clinic
version: 1
title: Clinic
timeZone: UTC
currency: EUR
openingHours: { default: { open: "00:00", close: "24:00" } }
tables:
  patients:
    key: [id]
    label: email
    columns:
      email: { policy: seal, subject: [id] }
      phone: { policy: seal, subject: [id] }
      iban: { policy: seal, subject: [id] }
      fax: { policy: seal, subject: [id] }
      card: { policy: token }
      notes: { policy: drop }
  visits:
    key: [visit_id]
    columns: { contact: { policy: seal, subject: [patient_id], of: patients } }
  badges: { key: [number], columns: { number: { policy: token } } }
  roles: { key: [role_id], label: name }
actors: { labels: patients, columns: [{ table: visits, column: patient_id, operations: [INSERT] }] }
rules:
  - id: patient.registered
    version: 1
    event: patient.registered
    anchor: { table: patients, operations: [INSERT] }
    entity: { type: patient, id: after.id }
    payload:
      email: { value: after.email, type: text, comment: Address }
      iban: { value: after.iban, type: text, comment: Account }
      card: { value: after.card, type: text, comment: Card }
      notes: { value: after.notes, type: text, comment: Notes }
      city: { value: after.city, type: text, comment: City }
  - id: visit.booked
    version: 1
    event: visit.booked
    anchor: { table: visits, operations: [INSERT] }
    entity: { type: visit, id: after.visit_id }
    payload:
      contact: { value: after.contact, type: text, comment: How to reach them }
      patient: { value: "label('patients', after.patient_id)", type: text, comment: Who comes }
      room: { value: after.room, type: text, comment: Where }
      amount: { value: after.amount, type: integer, comment: Price }
detectors:
  - id: visit.any
    version: 1
    family: visit
    method: large_value
    event: visit.booked
    entity: { type: visit, id: payload.contact, label: payload.patient }
    value: double(payload.amount)
    series: { all: "payload.contact" }
    prior: { typical: 4, spread: 0.8, strength: 20 }
    halfLifeDays: 28
    severity: { low: 3, medium: 3.5, high: 4.2, critical: 5 }
    policies: [{ id: always, when: "true", weight: 20, severity: critical }]
    reasons: ["{contact} of {patient} comes to {room}."]
rollups:
  - { event: visit.booked, by: contact, label: patient, measures: { amount: amount } }
report:
  sections:
    - { id: cards, title: Patients by card, eventType: patient.registered, measure: count, groupBy: card, labelBy: email, top: 50 }
    - { id: cities, title: Patients by city, eventType: patient.registered, measure: count, groupBy: city, top: 50 }
    - { id: rooms, title: Visits by room, eventType: visit.booked, measure: sum(amount), groupBy: room, top: 50 }
`;

const TABLES = [
  `create table patients (id int primary key auto_increment, email varchar(100), phone varchar(40), iban varchar(40),
    card varchar(40), notes text, city varchar(60))`,
  'create table visits (visit_id int primary key auto_increment, patient_id int, contact varchar(100), room varchar(60), amount int)',
  'create table badges (number varchar(60) primary key, level int)',
  'create table roles (role_id int primary key auto_increment, name varchar(60))',
];

const COLUMNS: readonly (readonly [name: string, shape: Shape])[] = [
  ['email', 'email'],
  ['phone', 'phone'],
  ['iban', 'iban'],
  ['card', 'card'],
  ['notes', 'text'],
];

export const makeClinicPack = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'overlay-clinic-'));
  writeFileSync(join(folder, 'pack.yaml'), PACK);
  return folder;
};

/** The people of a clinic, and everything about them that must not leak. */
export class Clinic {
  /** Values of columns with a policy. */
  readonly secrets: Canary[] = [];
  /** Values of columns without one: where these are not found, nobody has looked. */
  readonly open: Canary[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  readonly makeSource = async (mysqlUrl: string, database: string): Promise<void> => {
    const source = await mysql.createConnection({ uri: mysqlUrl });
    await source.query(`drop database if exists \`${database}\``);
    await source.query(`create database \`${database}\``);
    await source.query(`use \`${database}\``);
    for (const table of TABLES) await source.query(table);
    await this.register(source);
    await this.register(source);
    await source.query('insert into badges values (?, 1)', [this.#secret('badges.number')]);
    await source.end();
  };

  #secret(name: string, shape?: Shape): string {
    const canary = makeCanary(this.#random, name, shape);
    this.secrets.push(canary);
    return canary.value;
  }

  #shown(name: string): string {
    const canary = makeCanary(this.#random, name);
    this.open.push(canary);
    return canary.value;
  }

  /** A new patient; gives the id. */
  async register(source: mysql.Connection): Promise<number> {
    const values = COLUMNS.map(([name, shape]) => this.#secret(`patients.${name}`, shape));
    const [done] = await source.query<mysql.ResultSetHeader>(
      `insert into patients (${COLUMNS.map(([name]) => name).join(', ')}, city) values (?)`,
      [[...values, this.#shown('patients.city')]],
    );
    return done.insertId;
  }

  /** Rows of every kind: new, changed, with another key, gone; a DDL with a default and a comment; text in the statements themselves. */
  async live({ source }: World, rounds: number): Promise<void> {
    await source.query(
      `alter table patients add column fax varchar(60) default '${this.#secret('patients.fax')}' comment '${this.#secret('ddl.comment')}'`,
    );
    for (let round = 0; round < rounds; round++) {
      const id = await this.register(source);
      await source.query('insert into visits (patient_id, contact, room, amount) values (?)', [
        [id, this.#secret('visits.contact', 'phone'), this.#shown('visits.room'), round + 1],
      ]);
      await source.query(`update /* ${this.#secret('sql.comment')} */ patients set email = ?, notes = ? where id = ?`, [
        this.#secret('patients.email', 'email'),
        this.#secret('patients.notes'),
        id,
      ]);
      const badge = this.#secret('badges.number');
      await source.query('insert into badges values (?, 1)', [badge]);
      await source.query('update badges set number = ? where number = ?', [this.#secret('badges.number'), badge]);
      await source.query('update patients set id = id + 100000, phone = null where id = ?', [id]);
      if (round % 3 === 0) await source.query('delete from patients where id = ?', [id + 100_000]);
    }
  }
}
