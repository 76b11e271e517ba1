/** The words the catalogue is made of: data, no logic. */
export type Line = {
  readonly category: 'OTC' | 'PRESCRIPTION' | 'COSMETIC' | 'SUPPLEMENT';
  readonly code: string;
  readonly controlled: boolean;
  readonly cents: readonly [number, number];
  readonly names: readonly string[];
  readonly forms: readonly string[];
};

/** Every product is one of a line's names in one of its forms. */
export const LINES: readonly Line[] = [
  {
    category: 'OTC',
    code: 'OTC',
    controlled: false,
    cents: [350, 4200],
    names: [
      ...['Paracetamol', 'Ibuprofen', 'Naproxen', 'Diclofenac', 'Loratadine', 'Cetirizine', 'Chlorphenamine'],
      ...['Omeprazole', 'Ranitidine', 'Bismuth Subsalicylate', 'Loperamide', 'Simethicone', 'Acetylsalicylic Acid'],
      ...['Dextromethorphan', 'Ambroxol', 'Guaifenesin', 'Bisacodyl', 'Clotrimazole', 'Miconazole'],
    ],
    forms: [
      ...['100 mg tablets x 10', '200 mg tablets x 20', '400 mg tablets x 20', '500 mg tablets x 30'],
      ...['oral suspension 60 ml', 'oral suspension 120 ml', 'sachets x 12', 'gel 30 g'],
    ],
  },
  {
    category: 'PRESCRIPTION',
    code: 'RX',
    controlled: false,
    cents: [900, 14500],
    names: [
      ...['Amoxicillin', 'Amoxicillin + Clavulanate', 'Azithromycin', 'Ciprofloxacin', 'Cephalexin', 'Doxycycline'],
      ...['Metformin', 'Glibenclamide', 'Losartan', 'Enalapril', 'Amlodipine', 'Atenolol', 'Bisoprolol'],
      ...['Hydrochlorothiazide', 'Furosemide', 'Spironolactone', 'Atorvastatin', 'Rosuvastatin', 'Simvastatin'],
      ...['Levothyroxine', 'Prednisone', 'Salbutamol', 'Budesonide', 'Montelukast', 'Warfarin', 'Clopidogrel'],
      ...['Sertraline', 'Fluoxetine', 'Escitalopram', 'Amitriptyline', 'Gabapentin', 'Valproate', 'Allopurinol'],
    ],
    forms: [
      '5 mg tablets x 30',
      '10 mg tablets x 30',
      '20 mg tablets x 30',
      '250 mg capsules x 20',
      '500 mg tablets x 10',
    ],
  },
  {
    category: 'PRESCRIPTION',
    code: 'CTR',
    controlled: true,
    cents: [1800, 22000],
    names: [
      'Tramadol',
      'Codeine',
      'Morphine',
      'Oxycodone',
      'Alprazolam',
      'Clonazepam',
      'Diazepam',
      'Zolpidem',
      'Methylphenidate',
    ],
    forms: [
      '2 mg tablets x 30',
      '5 mg tablets x 20',
      '10 mg tablets x 20',
      '50 mg capsules x 10',
      'oral solution 20 ml',
    ],
  },
  {
    category: 'COSMETIC',
    code: 'COS',
    controlled: false,
    cents: [890, 11900],
    names: [
      ...[
        'Sunscreen SPF 50',
        'Moisturising Cream',
        'Micellar Water',
        'Anti-Dandruff Shampoo',
        'Hand Cream',
        'Lip Balm',
      ],
      ...['Facial Cleanser', 'Deodorant Roll-On', 'Body Lotion', 'Baby Shampoo', 'Nappy Cream', 'Oral Rinse'],
    ],
    forms: ['30 ml', '50 ml', '100 ml', '200 ml', '400 ml', 'sensitive 150 ml', 'family pack 750 ml'],
  },
  {
    category: 'SUPPLEMENT',
    code: 'SUP',
    controlled: false,
    cents: [1500, 9900],
    names: [
      ...[
        'Vitamin C',
        'Vitamin D3',
        'Vitamin B Complex',
        'Multivitamin',
        'Omega 3',
        'Calcium + D',
        'Magnesium',
        'Zinc',
      ],
      ...['Iron', 'Folic Acid', 'Collagen', 'Probiotic', 'Protein Shake', 'Ginseng', 'Maca', 'Electrolyte Drink'],
    ],
    forms: ['tablets x 30', 'tablets x 60', 'capsules x 100', 'effervescent x 20', 'powder 300 g', 'gummies x 50'],
  },
];

export const FIRST_NAMES: readonly string[] = [
  ...[
    'rosa',
    'luis',
    'maria',
    'jorge',
    'ana',
    'carlos',
    'lucia',
    'miguel',
    'carmen',
    'pedro',
    'elena',
    'raul',
    'sonia',
  ],
  ...['victor', 'julia', 'oscar', 'diana', 'hugo', 'paola', 'ivan', 'gladys', 'cesar', 'milagros', 'walter', 'nelly'],
];

export const SURNAMES: readonly string[] = [
  ...[
    'quispe',
    'flores',
    'mamani',
    'sanchez',
    'rojas',
    'huaman',
    'garcia',
    'vargas',
    'chavez',
    'ramos',
    'torres',
    'condori',
  ],
  ...['mendoza', 'castillo', 'espinoza', 'gutierrez', 'cruz', 'salazar', 'paredes', 'vasquez', 'apaza', 'cardenas'],
];

export const SUPPLIER_NAMES: readonly string[] = [
  ...[
    'Droguería Andina',
    'Laboratorios Pacífico',
    'Farmadistrib Lima',
    'Química del Sur',
    'Inti Pharma',
    'Medilab Perú',
  ],
  ...[
    'Distribuidora Amazonas',
    'Rímac Farma',
    'Biocentral',
    'Norte Salud',
    'Cordillera Laboratorios',
    'Vida Sana Import',
  ],
  ...['Botica Mayorista Central', 'Sierra Médica', 'Costa Pharma', 'Altiplano Drogas', 'Galeno Distribuciones'],
];
