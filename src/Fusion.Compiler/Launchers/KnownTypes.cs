namespace Fusion.Compiler.Launchers;

/// <summary>Types of C++, CUDA and <c>&lt;fusion/…&gt;</c> that C# has too.</summary>
internal static class KnownTypes
{
    private const string Runtime = "Fusion.Runtime.";

    // Sizes are those of the machine that compiles the kernels; long is the only one that differs.
    private static readonly int LongSize = OperatingSystem.IsWindows() ? 4 : 8;

    private static readonly Dictionary<string, (string CSharp, int Size)> Types = Create();

    /// <summary>Finds a type.</summary>
    /// <param name="name">Name in the one spelling: <c>unsigned int</c>, <c>fusion::bf16</c>.</param>
    /// <returns>Null if C# has none like it.</returns>
    public static (string CSharp, int Size)? Find(string name)
    {
        var colons = name.LastIndexOf("::", StringComparison.Ordinal);
        var isQualified = colons > 0 && name[..colons] is not ("std" or "fusion" or "cuda::std");
        return !isQualified && Types.TryGetValue(colons < 0 ? name : name[(colons + 2)..], out var type) ? type : null;
    }

    /// <summary>Alignment of a type on the GPU: vectors of two and four elements are aligned to their size, up to 16 bytes.</summary>
    /// <param name="csharp">Name in C#.</param>
    /// <param name="size">Size in bytes.</param>
    public static int Alignment(string csharp, int size) =>
        csharp.EndsWith(".TensorMap", StringComparison.Ordinal) ? 64 : csharp.Contains("Vector3", StringComparison.Ordinal) ? size / 3 : Math.Min(size, 16);

    private static Dictionary<string, (string CSharp, int Size)> Create()
    {
        var types = new Dictionary<string, (string, int)>(StringComparer.Ordinal);
        void Add(string csharp, int size, params ReadOnlySpan<string> names)
        {
            foreach (var name in names) types[name] = (csharp, size);
        }

        Add("bool", 1, "bool");
        Add("sbyte", 1, "char", "signed char", "int8_t", "i8");
        Add("byte", 1, "unsigned char", "uint8_t", "u8", "char8_t", "uchar");
        Add("short", 2, "short", "int16_t", "i16");
        Add("ushort", 2, "unsigned short", "uint16_t", "u16", "ushort");
        Add("int", 4, "int", "int32_t", "i32");
        Add("uint", 4, "unsigned int", "uint32_t", "u32", "char32_t", "uint", "unsigned");
        Add("long", 8, "long long", "int64_t", "i64", "ptrdiff_t", "intptr_t");
        Add("ulong", 8, "unsigned long long", "uint64_t", "u64", "size_t", "uintptr_t", "cudaTextureObject_t",
            "cudaSurfaceObject_t");
        Add(LongSize == 8 ? "long" : "int", LongSize, "long", "clock_t");
        Add(LongSize == 8 ? "ulong" : "uint", LongSize, "unsigned long", "ulong");
        Add("float", 4, "float");
        Add("double", 8, "double");
        Add("System.Half", 2, "f16", "half", "__half");
        Add(Runtime + "BFloat16", 2, "bf16", "nv_bfloat16", "__nv_bfloat16");
        Add(Runtime + "Float8E4M3", 1, "e4m3", "__nv_fp8_e4m3");
        Add(Runtime + "Float8UE8M0", 1, "__nv_fp8_e8m0");
        Add(Runtime + "TensorMap", 128, "CUtensorMap", "CUtensorMap_st");
        Add("System.Numerics.Vector2", 8, "float2");
        Add("System.Numerics.Vector3", 12, "float3");
        Add("System.Numerics.Vector4", 16, "float4");
        AddVectors();
        return types;

        // float2 to float4 are those of System.Numerics.
        void AddVectors()
        {
            (string Name, string Element, int Size)[] elements =
            [
                ("char", "sbyte", 1), ("uchar", "byte", 1), ("short", "short", 2), ("ushort", "ushort", 2), ("int", "int", 4), ("uint", "uint", 4),
                ("long", LongSize == 8 ? "long" : "int", LongSize), ("ulong", LongSize == 8 ? "ulong" : "uint", LongSize), ("longlong", "long", 8),
                ("ulonglong", "ulong", 8), ("double", "double", 8),
            ];
            foreach (var (name, element, size) in elements)
            {
                Add(element, size, $"{name}1");
                for (var n = 2; n <= 4; n++) Add($"{Runtime}DeviceVector{n}<{element}>", n * size, $"{name}{n}");
            }

            Add("float", 4, "float1");
            Add($"{Runtime}DeviceVector3<uint>", 12, "dim3");
            Add($"{Runtime}DeviceVector2<global::System.Half>", 4, "half2", "__half2");
            Add($"{Runtime}DeviceVector2<global::{Runtime}BFloat16>", 4, "bf16x2", "nv_bfloat162", "__nv_bfloat162");
        }
    }
}
