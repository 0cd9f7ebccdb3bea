module countersign.example/countersign

go 1.24
