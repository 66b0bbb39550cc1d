using Fusion.Runtime;

namespace Llama.Model.Safetensors;

/// <summary>Types of elements that this reader knows.</summary>
public enum TensorDataType
{
    /// <summary>bfloat16, BF16.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary16, F16.</summary>
    Float16,

    /// <summary>IEEE 754 binary32, F32.</summary>
    Float32,

    /// <summary>FP8 with 4 bits of exponent, F8_E4M3.</summary>
    Float8E4M3,
}

/// <summary>Words and sizes of the types.</summary>
public static class TensorDataTypes
{
    private static readonly (TensorDataType Type, string Word, int Bytes, ElementType Element)[] All =
    [
        (TensorDataType.BFloat16, "BF16", 2, ElementType.BFloat16), (TensorDataType.Float16, "F16", 2, ElementType.Float16),
        (TensorDataType.Float32, "F32", 4, ElementType.Float32), (TensorDataType.Float8E4M3, "F8_E4M3", 1, ElementType.Float8E4M3),
    ];

    /// <summary>Words of all types.</summary>
    public static IEnumerable<string> Words => All.Select(row => row.Word);

    /// <summary>Gets the word of a type in a header.</summary>
    /// <param name="type">The type.</param>
    public static string WordOf(TensorDataType type) => All[(int)type].Word;

    /// <summary>Gets the size of an element in bytes.</summary>
    /// <param name="type">The type.</param>
    public static int BytesOf(TensorDataType type) => All[(int)type].Bytes;

    /// <summary>Gets the type of a tensor in memory.</summary>
    /// <param name="type">The type.</param>
    public static ElementType ElementOf(TensorDataType type) => All[(int)type].Element;

    /// <summary>Finds the type of a word.</summary>
    /// <param name="word">Word in a header.</param>
    /// <param name="type">The type.</param>
    public static bool TryParse(string word, out TensorDataType type)
    {
        var index = Array.FindIndex(All, row => row.Word == word);
        type = index < 0 ? default : All[index].Type;
        return index >= 0;
    }
}
